// Analyses of a rollout under way: one coroutine each, so that a slow source holds up nothing but its own analysis.

#include <algorithm>

#include "host/bridge/typed_call.hpp"
#include "host/rollout/driver.hpp"
#include "host/rollout/windows.hpp"

namespace slipway::rollout {
namespace {

constexpr int kAnalyzerTries = 4;
// How long before a window a request may have begun that ended in it.
constexpr Duration kUnderWay = seconds(2);

std::string key_of(const strategy::AnalysisWanted& wanted) {
  return wanted.name + "\n" + wanted.role + "\n" + wanted.baseline + "\n" + wanted.run;
}

}  // namespace

struct Driver::Analysis {
  Analysis(std::string of, const Executor& strand, const base::Clock& clock, Timers& timers)
      : key(std::move(of)), wakeup(strand, clock, timers) {}
  std::string key;
  Wakeup wakeup;
  bool stopped = false;
};

// One coroutine for each run that has not concluded; the others end. After a start the world comes first: a source that
// is asked about a group without replicas finds nothing wrong and nothing right.
void Driver::sync_analyses() {
  std::set<std::string> wanted;
  const bool looks =
      has_rollout() && world_ && (record().phase == Phase::stepping || record().phase == Phase::watching);
  if (running_ && !stopping_ && looks) {
    for (const AnalysisRun& run : record().runs) {
      if (!concluded(run)) wanted.insert(key_of(run.wanted));
    }
  }
  for (auto it = analyses_.begin(); it != analyses_.end();) {
    if (wanted.erase(it->first) > 0) {
      ++it;
      continue;
    }
    it->second->stopped = true;
    it->second->wakeup.ring();
    it = analyses_.erase(it);
  }
  for (const std::string& key : wanted) {
    const auto task =
        analyses_.emplace(key, std::make_shared<Analysis>(key, strand_, clock_, tools_.timers)).first->second;
    auto loop = [](std::shared_ptr<Driver> self, std::shared_ptr<Analysis> mine) -> boost::asio::awaitable<void> {
      co_await self->analyse(mine);
    };
    boost::asio::co_spawn(strand_, loop(shared_from_this(), task), boost::asio::detached);
  }
}

AnalysisRun* Driver::run_of(const Analysis& task) {
  if (task.stopped || !has_rollout()) return nullptr;
  for (AnalysisRun& run : rollout_->value.runs) {
    if (key_of(run.wanted) == task.key) return &run;
  }
  return nullptr;
}

boost::asio::awaitable<void> Driver::analyse(std::shared_ptr<Analysis> task) {
  for (AnalysisRun* run = run_of(*task); run != nullptr && !concluded(*run); run = run_of(*task)) {
    const AnalysisSpec* spec = analysis_of(record().spec, run->wanted.name);
    if (spec == nullptr) break;
    const metrics::Window window = next_window(*run, *spec, record().rollout, now());
    run->status.next_at = window.to;
    if (now() < window.to) {
      co_await task->wakeup.wait_until(window.to);
      continue;
    }
    co_await judge(task, window);
  }
  // When what it concluded could not be stored, the run is read again as it was, and somebody has to go on with it.
  const auto mine = analyses_.find(task->key);
  if (mine != analyses_.end() && mine->second == task) analyses_.erase(mine);
}

metrics::QueryRequest Driver::query_for(const AnalysisRun& run, const AnalysisSpec& spec,
                                        const metrics::Window& window) const {
  const Duration lead = clock_.lead();  // the source's clock is the wall's
  metrics::QueryRequest request{.tenant = tenant_,
                                .application = name_,
                                .query = spec.query,
                                .window = {window.id, window.from - lead, window.to - lead}};
  for (const OrderedGroup& group : record().order.groups) {
    if (group.role != run.wanted.role && group.role != run.wanted.baseline) continue;
    const auto* seen = world_ ? seen_of(*world_, group.release) : nullptr;
    request.groups.push_back(
        {group.role, group.release, seen == nullptr ? std::vector<std::string>() : seen->addresses});
  }
  return request;
}

// The judged group's share of what both compared groups get, if the weights alone decided where requests went and did
// not change: not since the window before either, for what a source tells of a window may lie back by a part of it
// (metrics-prometheus' `delay`), nor while requests may be under way that were routed by another weight.
std::optional<std::uint32_t> Driver::weight_during(const AnalysisRun& run, const metrics::Window& window) const {
  const Order& order = record().order;
  const bool by_weights = sticky_of(record().spec) == provider::Sticky::none && order.routes.empty();
  const Instant since = window.from - std::max(window.to - window.from, kUnderWay);
  if (!by_weights || !world_ || world_->generation != order.generation || since < routed_since_) return std::nullopt;
  std::optional<std::uint64_t> judged;
  std::uint64_t both = 0;
  for (const provider::ObservedGroup& seen : world_->groups) {
    if (seen.role == run.wanted.role) judged = seen.weight;
    if (seen.role == run.wanted.role || seen.role == run.wanted.baseline) both += seen.weight;
  }
  if (!judged) return std::nullopt;
  return both == 0 ? 0 : static_cast<std::uint32_t>((*judged * kAllTraffic + both / 2) / both);
}

// One window: what the source says, what the analyzer makes of it, and what that means for the rollout.
boost::asio::awaitable<void> Driver::judge(std::shared_ptr<Analysis> task, metrics::Window window) {
  const AnalysisRun asked = *run_of(*task);
  const AnalysisSpec spec = *analysis_of(record().spec, asked.wanted.name);
  const auto& budgets = tools_.settings.budgets;
  const std::int64_t began = clock_.steady_ns();
  analyzer::JudgeRequest request{.settings = spec.settings,
                                 .state = asked.state,
                                 .started = asked.begin,
                                 .window = window,
                                 .role = asked.wanted.role,
                                 .baseline = asked.wanted.baseline,
                                 .weight = weight_during(asked, window),
                                 .alpha_share = asked.status.alpha_share};
  const auto samples = co_await bridge::call<metrics::Interface, metrics::Query>(
      tools_.caller, "metrics." + spec.metrics, query_for(asked, spec, window), context(budgets.metrics));
  if (samples.ok()) request.groups = samples->groups;
  if (!samples.ok()) request.source_error = "metrics." + spec.metrics + ": " + to_string(samples.status());

  const std::string binding = "analyzers." + spec.analyzer;
  std::optional<analyzer::JudgeReply> reply;
  for (int tries = 1; !reply; ++tries) {
    request.now = now();
    auto judged = co_await bridge::call<analyzer::Interface, analyzer::Judge>(tools_.caller, binding, request,
                                                                              context(budgets.analyzer));
    if (run_of(*task) == nullptr) co_return;
    if (judged.ok()) {
      troubles_.fine(binding);
      reply = std::move(*judged);
      break;
    }
    troubles_.failed(binding, judged.status(), now());
    if (tries == kAnalyzerTries)
      reply = analyzer::JudgeReply{.state = asked.state,
                                   .verdict = analyzer::Verdict::error,
                                   .code = "analyzer",
                                   .reason = binding + " could not judge: " + to_string(judged.status())};
    if (!reply) co_await task->wakeup.wait_until(troubles_.of(binding)->retry_at);
  }

  took(tools_.times.analyse, began);
  tools_.metrics.counter(telemetry::metric::kAnalyses, {spec.analyzer, to_name(reply->verdict)}).add();
  const auto turn = co_await turns_.take();
  AnalysisRun* run = run_of(*task);
  if (run == nullptr || run->window != asked.window) co_return;
  const strategy::Finding before = run->status.finding;
  const bool was_unmeasured = unmeasured(*run, record().spec);
  if (samples.ok()) take_warnings(run->status, samples->warnings);
  const bool changed = take_judgement(*run, spec, *reply);
  notes_ = true;
  if (changed) verdicts_.push_back(verdict_entry(*run, request, record(), now()));
  if (run->status.finding == strategy::Finding::failed && before != strategy::Finding::failed) {
    fresh_failure_ = true;
    deciding_sample_ = window.to;
    interrupt();
  } else if (changed || (was_unmeasured && !unmeasured(*run, record().spec))) {
    wakeup_.ring();
  }
}

}  // namespace slipway::rollout
