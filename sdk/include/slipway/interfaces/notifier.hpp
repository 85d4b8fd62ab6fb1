// slipway.notifier/1: tells somebody outside that something happened.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::notifier {

inline constexpr std::string_view kId = "slipway.notifier/1";

// `id` is the event's own: a receiver that sees it twice knows that it is a repetition.
struct SendRequest {
  std::string id;
  std::string type;
  std::string tenant;
  Instant at;
  std::string summary;
  Json data;
  static constexpr auto fields() {
    return slipway::fields(required("id", &SendRequest::id, "Unique name of the event."),
                           required("type", &SendRequest::type, "\"rollout.rolled_back\" and so on."),
                           required("tenant", &SendRequest::tenant, "Whose event."),
                           required("at", &SendRequest::at, "When it happened."),
                           field("summary", &SendRequest::summary, "The event as a sentence."),
                           field("data", &SendRequest::data, "The event as the API shows it."));
  }
};

struct Send {
  static constexpr std::string_view name = "send";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.send(std::forward<decltype(rest)>(rest)...)) {
    return plugin.send(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc =
      "Delivers one event, with retries within the call's deadline. INVALID_ARGUMENT says that the receiver refuses "
      "this "
      "event and will go on to: the host gives it up and goes on with the next. After any other failure it sends the "
      "event again, for a day, and the next ones wait.";
  using Request = SendRequest;
  using Reply = Empty;
};
struct Interface : MethodList<Send> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::notifier
