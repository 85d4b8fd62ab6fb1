#include "host/config/reload.hpp"

#include <algorithm>
#include <array>

#include "host/config/site_fields.hpp"

namespace slipway::config {
namespace {

// Everything else is fixed while the process lives: sockets, thread pools, what plugins were found and hold open, and
// the shares of the grace that each phase of stopping has.
Effect effect_of(std::string_view path) {
  constexpr std::array<std::string_view, 7> kNow{
      "/limits/",           "/trust/",           "/log/file",           "/log/level",
      "/journal_retention", "/events_retention", "/rollouts/max_active"};
  const bool now = std::ranges::any_of(kNow, [&](auto prefix) { return path.starts_with(prefix); });
  return now ? Effect::now : Effect::restart;
}

// Values that no log shows. The names are the site's own, so that either side may have one that the other has not.
bool is_secret_map(std::string_view path) { return path == "/telemetry/otlp/headers"; }

template <class Visit>
void each_difference(const Json& a, const Json& b, const std::string& path, Visit&& visit) {
  if (a == b) return;
  if (!a.is_object() || is_secret_map(path)) return visit(path, a, b);
  for (const auto& [name, value] : a.items()) each_difference(value, b.at(name), child_path(path, name), visit);
}

std::string sentence(const std::string& path, const Json& from, const Json& to) {
  const std::string change =
      path + (is_secret_map(path) ? " changes" : ": " + clip(to_text(from)) + " becomes " + clip(to_text(to)));
  return change + (effect_of(path) == Effect::now ? " now" : " only when slipwayd is started again");
}

}  // namespace

std::vector<Change> compare(const SiteConfig& running, const SiteConfig& loaded) {
  std::vector<Change> changes;
  each_difference(encode(running), encode(loaded), "", [&](const std::string& path, const Json& from, const Json& to) {
    changes.push_back({path, effect_of(path), sentence(path, from, to)});
  });
  std::ranges::sort(changes, {}, &Change::path);
  return changes;
}

SiteConfig reloaded(const SiteConfig& running, const SiteConfig& loaded) {
  Json result = encode(running);
  each_difference(encode(running), encode(loaded), "", [&](const std::string& path, const Json&, const Json& to) {
    if (effect_of(path) == Effect::now) result[Json::json_pointer(path)] = to;
  });
  return *decode<SiteConfig>(result, "site configuration");
}

}  // namespace slipway::config
