#include "host/manifest/kinds.hpp"

#include <algorithm>
#include <array>

#include "host/config/fault.hpp"

namespace slipway::manifest {
namespace {

constexpr std::array<BindingKind, 11> kKinds{{{"provider", "slipway.provider/1", "providers"},
                                              {"storage", "slipway.storage/1", "storages"},
                                              {"strategies", "slipway.strategy/1", "strategy"},
                                              {"analyzers", "slipway.analyzer/1", "analyzer"},
                                              {"metrics", "slipway.metrics/1", "metric"},
                                              {"gates", "slipway.gate/1", "gate"},
                                              {"secrets", "slipway.secrets/1", "secret"},
                                              {"notifiers", "slipway.notifier/1", "notifier"},
                                              {"auth", "slipway.auth/1", "auths"},
                                              {"objects", "slipway.objects/1", "object"},
                                              {"apps", "slipway.app/1", "app"}}};

}  // namespace

const BindingKind* kind_of(std::string_view binding) {
  const auto dot = binding.find('.');
  if (dot != binding.npos && !is_name(binding.substr(dot + 1))) return nullptr;
  const auto* const found = std::ranges::find(kKinds, binding.substr(0, dot), &BindingKind::name);
  return found == kKinds.end() ? nullptr : found;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const BindingKind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

std::string nearest_binding(std::string_view wrong) {
  const auto dot = wrong.find('.');
  const auto head = wrong.substr(0, dot);
  const auto tail = dot == wrong.npos ? std::string_view() : wrong.substr(dot);
  if (!tail.empty() && !is_name(tail.substr(1))) return "";
  const auto* const by_singular = std::ranges::find(kKinds, head, &BindingKind::singular);
  const std::string kind =
      by_singular != kKinds.end() ? std::string(by_singular->name) : config::nearest_name(head, kind_names());
  return kind.empty() ? "" : kind + std::string(tail);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

}  // namespace slipway::manifest
