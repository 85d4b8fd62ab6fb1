#include "host/config/layers.hpp"

namespace slipway::config {

void Layers::add(const Source& source) {
  merge(value_, source.value, "", source);
  last_file_ = source.file;
}

void Layers::merge(Json& into, const Json& from, const std::string& path, const Source& source) {
  const auto line = source.lines.find(path);
  const Place place{source.file, line == source.lines.end() ? 0 : line->second};
  if (from.is_object()) {
    if (!into.is_object()) {
      forget(path);
      into = Json::object();
    }
    if (!path.empty()) places_.insert_or_assign(path, place);
    for (const auto& [name, field] : from.items()) merge(into[name], field, child_path(path, name), source);
    return;
  }
  forget(path);
  into = from;
  places_[path] = place;
  // Entries of a list have lines of their own.
  for (auto below = source.lines.lower_bound(path + "/");
       below != source.lines.end() && below->first.starts_with(path + "/"); ++below) {
    places_[below->first] = {source.file, below->second};
  }
}

void Layers::forget(const std::string& path) {
  for (auto below = places_.lower_bound(path + "/"); below != places_.end() && below->first.starts_with(path + "/");) {
    below = places_.erase(below);
  }
}

Place Layers::place_of(const std::string& path) const {
  for (std::string at = path; !at.empty() && at != "/"; at.resize(at.rfind('/'))) {
    if (const auto found = places_.find(at); found != places_.end()) return found->second;
  }
  return {last_file_, 0};
}

Fault Layers::fault(Problem problem) const {
  Place place = place_of(problem.path);
  return {std::move(place), std::move(problem)};
}

}  // namespace slipway::config
