// slipway.plugin/1: what every plugin answers, whatever else it provides. The SDK's base class serves it.
#pragma once

#include <slipway/interface.hpp>
#include <string>
#include <vector>

namespace slipway::plugin {

inline constexpr std::string_view kId = "slipway.plugin/1";

enum class Condition { healthy, degraded, unhealthy };
constexpr auto enum_names(Condition) {
  return std::array<EnumName<Condition>, 3>{
      {{Condition::healthy, "healthy"}, {Condition::degraded, "degraded"}, {Condition::unhealthy, "unhealthy"}}};
}

// One thing that was checked: "haproxy", "database".
struct HealthCheck {
  std::string name;
  Condition condition = Condition::healthy;
  std::string detail;
  static constexpr auto fields() {
    return slipway::fields(required("name", &HealthCheck::name, "What was checked."),
                           required("condition", &HealthCheck::condition, "How it is."),
                           field("detail", &HealthCheck::detail, "Why, for a person."));
  }
};

struct HealthReply {
  Condition condition = Condition::healthy;
  std::vector<HealthCheck> checks;
  static constexpr auto fields() {
    return slipway::fields(required("condition", &HealthReply::condition, "The worst of the checks."),
                           field("checks", &HealthReply::checks, "What was checked, by name."));
  }
};

// State as the plugin wrote it, with the version of its schema.
struct StateDocument {
  std::int64_t version = 0;
  Json state;
  static constexpr auto fields() {
    return slipway::fields(required("version", &StateDocument::version, "Version of the state's schema."),
                           required("state", &StateDocument::state, "The state; only the plugin reads it."));
  }
};

struct Health {
  static constexpr std::string_view name = "health";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.health(std::forward<decltype(rest)>(rest)...)) {
    return plugin.health(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Whether the instance can do its work, by check.";
  using Request = Empty;
  using Reply = HealthReply;
};
struct Quiesce {
  static constexpr std::string_view name = "quiesce";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.quiesce(std::forward<decltype(rest)>(rest)...)) {
    return plugin.quiesce(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc =
      "Answers when no work is under way any more: no coroutine, token or thread of the instance is busy.";
  using Request = Empty;
  using Reply = Empty;
};
struct ExportState {
  static constexpr std::string_view name = "export_state";
  static constexpr auto call =
      [](auto& plugin, auto&&... rest) -> decltype(plugin.export_state(std::forward<decltype(rest)>(rest)...)) {
    return plugin.export_state(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "The state that a successor needs, after quiesce.";
  using Request = Empty;
  using Reply = StateDocument;
};
struct ImportState {
  static constexpr std::string_view name = "import_state";
  static constexpr auto call =
      [](auto& plugin, auto&&... rest) -> decltype(plugin.import_state(std::forward<decltype(rest)>(rest)...)) {
    return plugin.import_state(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Takes a predecessor's state, before the first call.";
  using Request = StateDocument;
  using Reply = Empty;
};
struct Interface : MethodList<Health, Quiesce, ExportState, ImportState> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::plugin
