#include <boost/asio/this_coro.hpp>
#include <memory>

#include "host/api/conventions.hpp"
#include "host/api/routes.hpp"

namespace slipway::api {
namespace {

using rollout::Control;
constexpr Duration kPatience = seconds(15);

// What one listener still wants.
struct Listener {
  rollout::Actor actor;
  std::int64_t after = 0;
  std::string application;
  std::string rollout;
  bool greeted = false;
};

bool wants(const Listener& listener, const rollout::Event& event) {
  return (listener.application.empty() || listener.application == event.application) &&
         (listener.rollout.empty() || listener.rollout == event.rollout);
}

std::string text_of(const rollout::Event& event) {
  return "id: " + std::to_string(event.id) + "\nevent: " + event.type + "\ndata: " + to_text(shown(event)) + "\n\n";
}

// Waits for events; a comment when nothing came, so that both ends see a dead connection.
boost::asio::awaitable<std::string> next_piece(Control& control, std::shared_ptr<Listener> listener) {
  if (!std::exchange(listener->greeted, true)) co_return "retry: 1000\n: connected\n\n";
  const auto events = co_await control.events(listener->actor, listener->after, 100, kPatience);
  if (!events.ok()) co_return "";
  std::string piece;
  for (const rollout::Event& event : *events) {
    listener->after = event.id;
    if (wants(*listener, event)) piece += text_of(event);
  }
  // The number of what was passed over goes along, so that a client that comes back does not ask for what is long gone.
  if (piece.empty() && !events->empty()) co_return "id: " + std::to_string(listener->after) + "\n\n";
  co_return piece.empty() ? ": nothing new\n\n" : piece;
}

std::string query_of(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

Answer stream_events(Control& control, Request request) {
  auto listener = std::make_shared<Listener>();
  listener->actor = actor_of(request);
  listener->application = query_of(request, "application");
  listener->rollout = query_of(request, "rollout");
  if (request.header("last-event-id").empty()) {
    listener->after = value_or_refuse(co_await control.newest_event(listener->actor));
  } else {
    listener->after = last_event_id(request);
    // Refuses with 410 here, while there is still a status to send.
    value_or_refuse(co_await control.events(listener->actor, listener->after, 1, Duration{}));
  }
  Response response;
  response.content_type = "text/event-stream";
  response.headers["Cache-Control"] = "no-store";
  response.stream = [&control, listener] { return next_piece(control, listener); };
  co_return response;
}

}  // namespace

void add_events(Operations& operations, Control& control) {
  operations.push_back(
      {.id = "streamEvents",
       .method = "GET",
       .path = "/api/events",
       .summary = "Events as they happen (server-sent); Last-Event-ID resumes, 410 when that is too old.",
       .query = {{"application", {{"type", "string"}}, "Only events of this application."},
                 {"rollout", {{"type", "string"}}, "Only events of this rollout."}},
       .reply_type = "text/event-stream",
       .handle = [&control](Request request) { return stream_events(control, std::move(request)); },
       .item = identified(schema<rollout::Event>("Event"))});
}

}  // namespace slipway::api
