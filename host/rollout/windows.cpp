#include "host/rollout/windows.hpp"

#include <algorithm>

namespace slipway::rollout {
namespace {

constexpr std::size_t kWarningsKept = 8;
constexpr std::size_t kLongestWarning = 256;

}  // namespace

metrics::Window next_window(AnalysisRun& run, const AnalysisSpec& spec, const Rollout& rollout, Instant now) {
  const std::int64_t interval = std::max<std::int64_t>(1, spec.interval.ns);
  const auto begin_of = [&](std::int64_t number) { return run.begin + Duration{number * interval}; };
  const bool set_back = begin_of(run.window) - now > Duration{interval} + spec.initial_delay;
  if (set_back) run.begin = now - Duration{run.window * interval};
  const std::int64_t complete = (now - run.begin).ns / interval;
  if (complete > run.window + 1) run.window = complete - 1;
  const std::string id = rollout.id + "." + std::to_string(rollout.attempt) + "/" + run.wanted.name + "/" +
                         run.wanted.run + "/" + std::to_string(run.window);
  return {id, begin_of(run.window), begin_of(run.window + 1)};
}

strategy::Finding finding_of(analyzer::Verdict verdict, const AnalysisSpec& spec) {
  const auto by = [](Policy policy) {
    switch (policy) {
      case Policy::promote:
        return strategy::Finding::passed;
      case Policy::rollback:
        return strategy::Finding::failed;
      case Policy::hold:
        break;
    }
    return strategy::Finding::held;
  };
  switch (verdict) {
    case analyzer::Verdict::proceed:
      return strategy::Finding::running;
    case analyzer::Verdict::pass:
      return strategy::Finding::passed;
    case analyzer::Verdict::fail:
      return strategy::Finding::failed;
    case analyzer::Verdict::inconclusive:
      return by(spec.on_inconclusive);
    case analyzer::Verdict::insufficient_data:
      return by(spec.on_insufficient_data);
    case analyzer::Verdict::error:
      return by(spec.on_error);
  }
  return strategy::Finding::held;
}

bool concluded(const AnalysisRun& run) {
  return run.status.verdict == analyzer::Verdict::pass || run.status.finding == strategy::Finding::failed;
}

bool unmeasured(const AnalysisRun& run, const ApplicationSpec& spec) {
  const AnalysisSpec* analysis = analysis_of(spec, run.wanted.name);
  const bool may_be_blind = analysis != nullptr && analysis->on_insufficient_data == Policy::promote;
  return run.status.finding == strategy::Finding::running && run.status.measurements == 0 && !may_be_blind;
}

bool take_judgement(AnalysisRun& run, const AnalysisSpec& spec, const analyzer::JudgeReply& reply) {
  const bool changed = reply.verdict != run.status.verdict;
  run.state = reply.state;
  run.status.verdict = reply.verdict;
  // What a policy let pass is not asked for again by a window that decides nothing.
  const strategy::Finding finding = finding_of(reply.verdict, spec);
  const bool stays = run.status.finding == strategy::Finding::passed && finding == strategy::Finding::running;
  if (!stays) run.status.finding = finding;
  run.status.code = reply.code;
  run.status.reason = reply.reason;
  run.status.method = reply.method;
  run.status.measurements = reply.measurements;
  run.status.evidence = reply.evidence;
  ++run.window;
  return changed;
}

void take_warnings(AnalysisStatus& status, const std::vector<std::string>& warnings) {
  auto& kept = status.warnings;
  for (const std::string& warning : warnings) {
    std::string text = warning.substr(0, kLongestWarning);
    const bool is_known = std::find(kept.begin(), kept.end(), text) != kept.end();
    if (!is_known && kept.size() < kWarningsKept) kept.push_back(std::move(text));
  }
}

JournalEntry verdict_entry(const AnalysisRun& run, const analyzer::JudgeRequest& question, const Record& record,
                           Instant now) {
  const AnalysisStatus& status = run.status;
  return {.at = now,
          .kind = "verdict",
          .state = record.rollout.state,
          .step = record.rollout.step,
          .reason = "analysis " + status.name + ": " + std::string(to_name(status.verdict)) +
                    (status.reason.empty() ? "" : ", " + status.reason),
          .generation = record.order.generation,
          .detail = json_text({{"analysis", status.name},
                               {"verdict", std::string(to_name(status.verdict))},
                               {"finding", std::string(to_name(status.finding))},
                               {"code", status.code},
                               {"window", encode(question.window)},
                               {"measurements", status.measurements},
                               {"method", status.method},
                               {"evidence", tree_of(status.evidence)},
                               {"warnings", status.warnings},
                               {"question", encode(question)}}),
          .traceparent = record.rollout.traceparent};
}

const AnalysisSpec* analysis_of(const ApplicationSpec& spec, std::string_view name) {
  const auto found = std::find_if(spec.analyses.begin(), spec.analyses.end(),
                                  [&](const auto& analysis) { return analysis.name == name; });
  return found == spec.analyses.end() ? nullptr : &*found;
}

}  // namespace slipway::rollout
