// slipway.gate/1: may a rollout go on now? Asked before traffic moves forward; never asked for a way back.
#pragma once

#include <slipway/interface.hpp>
#include <slipway/interfaces/strategy.hpp>

namespace slipway::gate {

inline constexpr std::string_view kId = "slipway.gate/1";

enum class Action { start, advance, promote };
constexpr auto enum_names(Action) {
  return std::array<EnumName<Action>, 3>{
      {{Action::start, "start"}, {Action::advance, "advance"}, {Action::promote, "promote"}}};
}

struct CheckRequest {
  Json settings;
  std::string tenant;
  std::string application;
  std::string rollout;
  std::string from_release;
  std::string to_release;
  Action action = Action::advance;
  std::int32_t step = 0;
  std::string message;
  Instant now;
  static constexpr auto fields() {
    return slipway::fields(field("settings", &CheckRequest::settings,
                                 "The gate's settings for this rollout, over those of its configuration."),
                           required("tenant", &CheckRequest::tenant, "Tenant of the application."),
                           required("application", &CheckRequest::application, "The application."),
                           required("rollout", &CheckRequest::rollout, "The rollout that asks."),
                           field("from_release", &CheckRequest::from_release, "What is stable now."),
                           required("to_release", &CheckRequest::to_release, "What is being rolled out."),
                           required("action", &CheckRequest::action, "What it would do."),
                           field("step", &CheckRequest::step, "Its step."),
                           field("message", &CheckRequest::message, "What the strategy says about it."),
                           required("now", &CheckRequest::now, "The moment of the question."));
  }
};

// `retry_at`: when it makes sense to ask again; the engine asks by itself at least every 30 s while the gate is not
// open.
struct CheckReply {
  strategy::GateState state = strategy::GateState::pending;
  std::string reason;
  std::optional<Instant> retry_at;
  static constexpr auto fields() {
    return slipway::fields(
        required("state", &CheckReply::state, "open: go on. pending: ask again. closed: the rollout fails."),
        required("reason", &CheckReply::reason, "Why, as a sentence."),
        field("retry_at", &CheckReply::retry_at, "When to ask again."));
  }
};

struct Check {
  static constexpr std::string_view name = "check";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.check(std::forward<decltype(rest)>(rest)...)) {
    return plugin.check(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Whether the way is free.";
  using Request = CheckRequest;
  using Reply = CheckReply;
};
struct Interface : MethodList<Check> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::gate
