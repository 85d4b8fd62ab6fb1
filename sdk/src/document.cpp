#include <algorithm>
#include <slipway/document.hpp>

namespace slipway {
namespace {

constexpr std::size_t kMaxProblems = 100;

std::string clip(std::string text) {
  if (text.size() > 120) text = text.substr(0, 117) + "...";
  return text;
}

}  // namespace

void Reader::fault(const Json* value, std::string message) {
  if (problems_.size() >= kMaxProblems) return;
  problems_.push_back({path(), value == nullptr ? "" : clip(to_text(*value)), std::move(message)});
}

// As a JSON pointer, but "/" for the document itself.
std::string Reader::path() const {
  std::string path;
  for (const std::string_view name : trail_) {
    path += '/';
    for (const char c : name) path += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return path.empty() ? "/" : path;
}

namespace detail {

std::string bounds_text(std::string_view what, Bounds bounds) {
  const bool low = bounds.minimum != Bounds{}.minimum;
  const bool high = bounds.maximum != Bounds{}.maximum;
  std::string text = "want " + std::string(what);
  if (low && high) return text + " from " + std::to_string(bounds.minimum) + " to " + std::to_string(bounds.maximum);
  if (low) return text + " of at least " + std::to_string(bounds.minimum);
  if (high) return text + " of at most " + std::to_string(bounds.maximum);
  return text;
}

void put_bounds(Json& schema, Bounds bounds, const char* low, const char* high) {
  if (bounds.minimum != Bounds{}.minimum) schema[low] = bounds.minimum;
  if (bounds.maximum != Bounds{}.maximum) schema[high] = bounds.maximum;
}

void refuse_unknown(Reader& in, const Json& from, const std::vector<std::string_view>& names) {
  const auto joined = [&] {
    std::string text;
    for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
  };
  for (const auto& [key, value] : from.get_ref<const Json::object_t&>()) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    in.enter(key);
    in.fault(&value, "is no field here; there are " + joined());
    in.leave();
  }
}

Status not_valid(std::string_view what, Reader& in) {
  return {Code::invalid_argument, std::string(what) + " is not valid", std::move(in.problems())};
}

Status not_valid(std::string_view what, const Status& syntax) {
  return {Code::invalid_argument, std::string(what) + ": " + syntax.message};
}

}  // namespace detail
}  // namespace slipway
