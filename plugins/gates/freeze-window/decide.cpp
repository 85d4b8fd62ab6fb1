#include "plugins/gates/freeze-window/decide.hpp"

namespace slipway::freeze_window {
namespace {

std::string quoted(const Window& window) { return "\"" + window.reason + "\""; }

// The freeze that holds now and ends last.
std::optional<gate::CheckReply> frozen(const std::vector<Window>& windows, const gate::CheckRequest& request,
                                       strategy::GateState shut) {
  std::optional<gate::CheckReply> reply;
  for (const Window& window : windows) {
    if (window.kind != Kind::freeze || !applies(window, request)) continue;
    const auto held = occurrence_at(window, request.now);
    if (!held || (reply && *reply->retry_at >= held->to)) continue;
    reply = gate::CheckReply{shut, "frozen until " + to_string(held->to) + ": " + quoted(window), held->to};
  }
  return reply;
}

gate::CheckReply outside(const std::optional<Instant>& next, const Window* window, strategy::GateState shut) {
  if (!next) return {shut, "outside every maintenance window, and none lies ahead", std::nullopt};
  return {shut, "outside every maintenance window; the next one begins at " + to_string(*next) + ": " + quoted(*window),
          next};
}

// Nothing when no maintenance window applies.
std::optional<gate::CheckReply> maintained(const std::vector<Window>& windows, const gate::CheckRequest& request,
                                           strategy::GateState shut) {
  std::optional<Instant> next;
  const Window* nearest = nullptr;
  bool any = false;
  for (const Window& window : windows) {
    if (window.kind != Kind::maintenance || !applies(window, request)) continue;
    any = true;
    if (const auto held = occurrence_at(window, request.now)) {
      return gate::CheckReply{strategy::GateState::open,
                              "inside the maintenance window " + quoted(window) + " until " + to_string(held->to),
                              std::nullopt};
    }
    const auto begin = next_begin(window, request.now);
    if (!begin || (next && *next <= *begin)) continue;
    next = begin;
    nearest = &window;
  }
  if (!any) return std::nullopt;
  return outside(next, nearest, shut);
}

}  // namespace

gate::CheckReply decide(const std::vector<Window>& windows, const gate::CheckRequest& request,
                        strategy::GateState shut) {
  if (auto reply = frozen(windows, request, shut)) return *reply;
  if (auto reply = maintained(windows, request, shut)) return *reply;
  return {strategy::GateState::open, "no freeze window holds", std::nullopt};
}

}  // namespace slipway::freeze_window
