#include "tools/backtest/run.hpp"

namespace slipway::backtest {
namespace {

std::optional<double> requests_of(const Window& window, std::string_view role) {
  for (const auto& samples : window.groups) {
    const auto found = samples.values.find("requests");
    if (samples.role == role && found != samples.values.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace

Result<Run> run(const Recording& recording, const Json& settings, double alpha_share, const Ask& ask) {
  Run run{.started = recording.windows.front().from};
  analyzer::JudgeRequest request{.settings = json_text(settings), .started = run.started, .alpha_share = alpha_share};
  for (const Window& window : recording.windows) {
    request.window = {std::to_string(run.looks.size()), window.from, window.from + recording.interval};
    request.now = request.window.to;
    request.groups = window.groups;
    request.weight = window.weight ? std::optional(window.weight->ppm) : std::nullopt;
    auto reply = ask(request);
    if (!reply.ok()) return reply.status();
    request.state = std::move(reply->state);
    run.method = reply->method;
    run.looks.push_back({request.now, reply->verdict, std::move(reply->code), std::move(reply->reason),
                         tree_of(reply->evidence), requests_of(window, "next"), requests_of(window, "stable")});
    if (run.decided()) break;
  }
  return run;
}

}  // namespace slipway::backtest
