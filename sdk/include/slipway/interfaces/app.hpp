// slipway.app/1: a part of the product behind paths of the API: a registry, an integration hub, a dashboard. It says
// which paths it serves and which events it wants to hear, and is asked from time to time.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::app {

inline constexpr std::string_view kId = "slipway.app/1";

enum class Verb { get, post, put, patch, remove };
constexpr auto enum_names(Verb) {
  return std::array<EnumName<Verb>, 5>{
      {{Verb::get, "GET"}, {Verb::post, "POST"}, {Verb::put, "PUT"}, {Verb::patch, "PATCH"}, {Verb::remove, "DELETE"}}};
}

enum class Access { read, write, administer };
constexpr auto enum_names(Access) {
  return std::array<EnumName<Access>, 3>{
      {{Access::read, "read"}, {Access::write, "write"}, {Access::administer, "administer"}}};
}

struct Route {
  Verb verb = Verb::get;
  std::string path;
  Access access = Access::read;
  std::string doc;
  static constexpr auto fields() {
    return slipway::fields(
        required("verb", &Route::verb, "The HTTP method."),
        required("path", &Route::path, "Below /api/. A segment in braces stands for any one: /api/notes/{id}.",
                 between(6, 256)),
        required("access", &Route::access, "What the caller must be allowed to do with the tenant's data."),
        required("doc", &Route::doc, "What it does, as a sentence.", between(1, 1000)));
  }
};

// The same for as long as the instance lives.
struct RoutesReply {
  std::vector<Route> routes;
  std::vector<std::string> events;
  static constexpr auto fields() {
    return slipway::fields(
        required("routes", &RoutesReply::routes, "What it serves.", at_most(256)),
        field("events", &RoutesReply::events,
              "Types of events that it hears of; \"rollout.\" stands for all that begin so.", at_most(64)));
  }
};

// A repetition of a request that changes something has the same `id`.
struct HandleRequest {
  std::int32_t route = 0;
  std::string id;
  std::string tenant;
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> query;
  Json body;
  Instant now;
  static constexpr auto fields() {
    return slipway::fields(
        required("route", &HandleRequest::route, "Which of its routes, counted from 0.", at_least(0)),
        required("id", &HandleRequest::id, "Unique name of the request."),
        required("tenant", &HandleRequest::tenant, "Whose data it is about."),
        field("parameters", &HandleRequest::parameters, "What the segments in braces are.", at_most(32)),
        field("query", &HandleRequest::query, "Parameters of the query.", at_most(64)),
        field("body", &HandleRequest::body, "The body; null without one."),
        required("now", &HandleRequest::now, "The moment of the request."));
  }
};

// A request that fails ends with the call's status, of which the host makes a problem document.
struct HandleReply {
  std::int32_t status = 200;
  std::map<std::string, std::string> headers;
  Json body;
  static constexpr auto fields() {
    return slipway::fields(
        required("status", &HandleReply::status, "Status of the answer.", between(200, 299)),
        field("headers", &HandleReply::headers, "Its headers beside the host's own; names in lower case.", at_most(32)),
        field("body", &HandleReply::body, "The body; null for none."));
  }
};

// `id` is the event's own: an event may come twice.
struct Event {
  std::string id;
  std::string type;
  std::string tenant;
  Instant at;
  Json data;
  static constexpr auto fields() {
    return slipway::fields(required("id", &Event::id, "Unique name of the event."),
                           required("type", &Event::type, "\"rollout.rolled_back\" and so on."),
                           required("tenant", &Event::tenant, "Whose event."),
                           required("at", &Event::at, "When it happened."),
                           field("data", &Event::data, "The event as the API shows it."));
  }
};

struct TickRequest {
  Instant now;
  static constexpr auto fields() { return slipway::fields(required("now", &TickRequest::now, "The moment.")); }
};
struct TickReply {
  std::optional<Duration> next;
  static constexpr auto fields() {
    return slipway::fields(field("next", &TickReply::next, "After which time to ask again; without it, no more."));
  }
};

struct Routes {
  static constexpr std::string_view name = "routes";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.routes(std::forward<decltype(rest)>(rest)...)) {
    return plugin.routes(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "What it serves and wants to hear of. Asked once, after the start.";
  using Request = Empty;
  using Reply = RoutesReply;
};
struct Handle {
  static constexpr std::string_view name = "handle";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.handle(std::forward<decltype(rest)>(rest)...)) {
    return plugin.handle(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Answers a request on one of its routes.";
  using Request = HandleRequest;
  using Reply = HandleReply;
};
struct OnEvent {
  static constexpr std::string_view name = "on_event";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.on_event(std::forward<decltype(rest)>(rest)...)) {
    return plugin.on_event(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Hears of an event.";
  using Request = Event;
  using Reply = Empty;
};
struct Tick {
  static constexpr std::string_view name = "tick";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.tick(std::forward<decltype(rest)>(rest)...)) {
    return plugin.tick(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Does what is due. Asked once after the start, and then when it said.";
  using Request = TickRequest;
  using Reply = TickReply;
};
struct Interface : MethodList<Routes, Handle, OnEvent, Tick> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::app
