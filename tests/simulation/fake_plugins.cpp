#include "tests/simulation/fake_plugins.hpp"

#include <algorithm>
#include <cmath>

#include "host/rollout/baseline.hpp"

namespace slipway::sim {
namespace {

Duration duration_in(const Json& settings, const char* name) {
  const auto parsed = parse_duration(settings.value(name, std::string("0")));
  return parsed.ok() ? *parsed : Duration{};
}

const provider::ObservedGroup* group_in(const strategy::Observation& seen, std::string_view role) {
  const auto found =
      std::find_if(seen.groups.begin(), seen.groups.end(), [&](const auto& group) { return group.role == role; });
  return found == seen.groups.end() ? nullptr : &*found;
}

std::vector<strategy::Group> split(const strategy::StepRequest& request, std::uint32_t weight) {
  const std::int32_t replicas = request.observation.replicas;
  std::vector<strategy::Group> groups;
  if (request.has_stable) groups.push_back({"stable", replicas, kAllTraffic - weight});
  groups.push_back({"next", replicas, weight});
  return groups;
}

}  // namespace

strategy::ValidateReply StepStrategy::validate(const strategy::ValidateRequest& request) {
  const Json settings = tree_of(request.settings);
  strategy::ValidateReply reply;
  for (const Json& weight : settings.value("weights", Json::array())) {
    if (!weight.is_number_unsigned()) reply.problems.push_back({"/weights", to_text(weight), "want a number"});
  }
  const std::string analysis = settings.value("analysis", "");
  const auto& known = request.analyses;
  if (!analysis.empty() && std::find(known.begin(), known.end(), analysis) == known.end())
    reply.problems.push_back({"/analysis", "\"" + analysis + "\"", "is none of the application's analyses"});
  return reply;
}

strategy::PlanReply StepStrategy::plan(const strategy::PlanRequest& request) {
  const Json settings = tree_of(request.settings);
  strategy::PlanReply reply;
  std::int32_t step = 0;
  for (const Json& weight : settings.value("weights", Json::array())) {
    strategy::PlanMoment moment{.at = reply.earliest_end, .step = step++};
    moment.groups = {{"stable", request.replicas, kAllTraffic - weight.get<std::uint32_t>()},
                     {"next", request.replicas, weight.get<std::uint32_t>()}};
    reply.moments.push_back(moment);
    reply.earliest_end = reply.earliest_end + duration_in(settings, "hold");
  }
  return reply;
}

strategy::StepReply StepStrategy::step(const strategy::StepRequest& request) {
  if (on_step) on_step(request);
  const Json settings = tree_of(request.settings);
  const Json weights = settings.value("weights", Json::array());
  const auto steps = static_cast<std::int32_t>(weights.size());
  const auto& seen = request.observation;
  const std::string analysis = settings.value("analysis", "");
  const std::string gate = settings.value("gate", "");
  Json state = request.state.is_null() ? Json{{"step", -1}, {"since", request.now.ns}} : tree_of(request.state);
  strategy::StepReply reply{.state = json_text(state), .groups = {}, .steps = steps, .reason = ""};
  for (const auto& found : seen.analyses) {
    if (found.finding != strategy::Finding::failed) continue;
    reply.outcome = strategy::Outcome::failed;
    reply.reason = "analysis " + found.name + " failed: " + found.reason;
    return reply;
  }
  if (settings.value("hasty", false)) {
    reply.groups = {{"next", seen.replicas, kAllTraffic}};
    reply.outcome = strategy::Outcome::promoted;
    reply.reason = "no need to wait";
    return reply;
  }
  const auto* next = group_in(seen, "next");
  const bool ready = next != nullptr && next->ready >= seen.replicas;
  int step = state["step"].get<int>();
  const auto& commands = seen.commands;
  const bool fully = std::find(commands.begin(), commands.end(), strategy::Command::promote_fully) != commands.end();
  const bool pushed = !commands.empty();
  if (step < 0 && !ready) {
    reply.groups = split(request, request.has_stable ? 0 : kAllTraffic);
    if (!request.has_stable) reply.groups[0].weight = 0;
    reply.wait = {strategy::WaitKind::replicas,
                  std::to_string(next == nullptr ? 0 : next->ready) + " of " + std::to_string(seen.replicas) +
                      " new replicas are ready",
                  "begin",
                  {}};
    reply.reason = "the new replicas start";
    return reply;
  }
  const Instant since{state["since"].get<std::int64_t>()};
  const Instant until = since + duration_in(settings, "hold");
  const bool passed =
      analysis.empty() || std::any_of(seen.analyses.begin(), seen.analyses.end(),
                                      [](const auto& found) { return found.finding == strategy::Finding::passed; });
  const bool open = gate.empty() || std::any_of(seen.gates.begin(), seen.gates.end(),
                                                [](const auto& one) { return one.state == strategy::GateState::open; });
  if (step < 0 || pushed || (request.now >= until && passed && open)) {
    ++step;
    state = {{"step", step}, {"since", request.now.ns}};
  }
  reply.state = json_text(state);
  reply.step = std::max(step, 0);
  if (step >= steps || fully) {
    const Duration keep = duration_in(settings, "keep");
    reply.groups = split(request, kAllTraffic);
    if (keep.ns == 0 && request.has_stable) reply.groups.erase(reply.groups.begin());
    reply.keep_stable = keep;
    reply.outcome = strategy::Outcome::promoted;
    reply.reason = "every step has passed";
    return reply;
  }
  reply.groups =
      split(request, request.has_stable ? weights[static_cast<std::size_t>(step)].get<std::uint32_t>() : kAllTraffic);
  reply.reason = "step " + std::to_string(step) + " of " + std::to_string(steps);
  if (!analysis.empty()) reply.analyses.push_back({.name = analysis, .run = std::to_string(step)});
  if (!gate.empty()) reply.gates.push_back({.name = gate, .message = "step " + std::to_string(step)});
  reply.wait = {strategy::WaitKind::time, "the end of the step", "the next step",
                Instant{state["since"].get<std::int64_t>()} + duration_in(settings, "hold")};
  if (request.now >= *reply.wait.until)
    reply.wait = {strategy::WaitKind::analysis, "the analysis", "the next step", {}};
  return reply;
}

metrics::QueryReply FakeMetrics::query(const metrics::QueryRequest& request) {
  asked.push_back(request.window.id);
  if (on_query) on_query(request);
  metrics::QueryReply reply;
  reply.warnings = warnings;
  for (const auto& group : request.groups) {
    metrics::GroupSamples samples{.role = group.role};
    samples.values["requests"] = 100;
    const auto found = error_ratio.find(rollout::kept_name(group.release));
    const double ratio = found == error_ratio.end() ? 0.0 : found->second;
    samples.values["error_ratio"] = ratio;
    if (counts_failures) samples.values["failures"] = std::round(100 * ratio);
    reply.groups.push_back(std::move(samples));
  }
  return reply;
}

analyzer::JudgeReply LimitAnalyzer::judge(const analyzer::JudgeRequest& request) {
  const Json settings = tree_of(request.settings);
  const int good = request.state.is_null() ? 0 : tree_of(request.state).get<int>();
  analyzer::JudgeReply reply{.state = json_text(good), .reason = "", .method = "limit/1", .measurements = good};
  if (!request.source_error.empty()) {
    reply.verdict = analyzer::Verdict::error;
    reply.reason = request.source_error;
    return reply;
  }
  const auto judged = std::find_if(request.groups.begin(), request.groups.end(),
                                   [&](const auto& group) { return group.role == request.role; });
  if (judged == request.groups.end() || !judged->values.contains("error_ratio")) {
    reply.verdict = analyzer::Verdict::insufficient_data;
    reply.reason = "no numbers";
    return reply;
  }
  const double ratio = judged->values.at("error_ratio");
  reply.evidence = json_text({{"error_ratio", ratio}});
  reply.measurements = good + 1;
  if (ratio > settings.value("max_error", 0.02)) {
    reply.verdict = analyzer::Verdict::fail;
    reply.reason = "error_ratio is too high";
    return reply;
  }
  reply.state = json_text(good + 1);
  reply.verdict = good + 1 >= settings.value("count", 3) ? analyzer::Verdict::pass : analyzer::Verdict::proceed;
  reply.reason = "error_ratio is low";
  return reply;
}

gate::CheckReply FakeGate::check(const gate::CheckRequest& request) {
  if (on_check) on_check(request);
  ++asked;
  return answer;
}

Empty FakeNotifier::send(const notifier::SendRequest& request) {
  if (const auto refused = refuses.find(request.type); refused != refuses.end()) {
    ++refusals;
    throw Error(refused->second, "not this one");
  }
  sent.push_back(request);
  return {};
}

}  // namespace slipway::sim
