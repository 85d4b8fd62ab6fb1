#include "host/rollout/plan.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <slipway/interfaces/plugin.hpp>

#include "host/bridge/typed_call.hpp"
#include "host/rollout/desired.hpp"
#include "host/rollout/promotion.hpp"

namespace slipway::rollout {
namespace {

constexpr Duration kPatienceOfAPut = seconds(2);

bridge::CallContext context(const Tools& tools, const Proposal& proposal) {
  return {.budget_ns = tools.settings.budgets.observe.ns, .tenant = proposal.application.tenant};
}

// What the analyzers say of the analyses, by name, and the provider of itself.
struct Asked {
  std::vector<std::string> comparing;
  std::map<std::string, Duration> least;  // time to a verdict
  std::map<std::string, double> weights;  // of alpha
  std::uint32_t granularity = 1;          // what the provider says
};

template <class Reply>
bool missing(const Result<Reply>& reply) {
  return !reply.ok() && (reply.status().code == Code::not_found || reply.status().code == Code::unimplemented);
}

std::string joined(const std::string& prefix, const std::string& path) { return prefix + (path == "/" ? "" : path); }

// What the application asks of the provider, whatever its strategy.
void check_wishes(const ApplicationSpec& spec, const provider::CapabilitiesReply& able, Problems& faults) {
  if (spec.sticky == provider::Sticky::user && !able.sticky)
    faults.push_back({"/sticky", to_text("user"),
                      "the provider can't keep users with their group; want none, or leave it to the provider"});
  if (spec.rollback.mode != RollbackMode::gradual) return;
  if (!able.weights)
    faults.push_back(
        {"/rollback/mode", to_text("gradual"), "the provider can't split traffic by weight; want instant"});
  else if (able.weight_granularity > 1)
    faults.push_back({"/rollback/mode", to_text("gradual"),
                      "the provider's weights are multiples of " + share_to_string(able.weight_granularity) +
                          ", and a gradual way back moves in tenths of any share; want instant"});
}

// The strategy's own checks.
boost::asio::awaitable<Status> check_strategy(const Tools& tools, Proposal proposal, Asked& asked, Problems& faults) {
  const ApplicationSpec& spec = proposal.application.spec;
  strategy::ValidateRequest request{
      .settings = proposal.strategy.settings, .replicas = spec.replicas, .comparing = asked.comparing};
  const auto able = co_await bridge::call<provider::Interface, provider::Capabilities>(
      tools.caller, "provider", Empty(), context(tools, proposal));
  if (!able.ok())
    co_return Status(Code::unavailable,
                     "binding \"provider\" can't be asked what it can do: " + to_string(able.status()));
  request.capabilities = *able;
  asked.granularity = able->weights ? std::clamp(able->weight_granularity, 1U, kAllTraffic) : kAllTraffic;
  check_wishes(spec, *able, faults);
  for (const AnalysisSpec& analysis : spec.analyses) request.analyses.push_back(analysis.name);
  request.gates.emplace_back("approval");
  const auto wiring = tools.wiring.get();
  request.gates.insert(request.gates.end(), wiring->gates.begin(), wiring->gates.end());
  for (const GateSpec& gate : spec.gates) request.gates.push_back(gate.gate);
  const std::string binding = "strategies." + proposal.strategy.name;
  const auto reply = co_await bridge::call<strategy::Interface, strategy::Validate>(tools.caller, binding, request,
                                                                                    context(tools, proposal));
  if (missing(reply)) {
    faults.push_back({"/strategy/name", to_text(proposal.strategy.name),
                      "is no strategy of the profile: binding \"" + binding + "\": " + reply.status().message});
  } else if (!reply.ok()) {
    co_return Status(Code::unavailable, "binding \"" + binding + "\" can't be asked: " + to_string(reply.status()));
  } else {
    for (const auto& problem : reply->problems)
      faults.push_back({joined("/strategy/settings", problem.path), problem.value, problem.message});
  }
  co_return Status();
}

// Conditions and limits beside the analyzer of those that name none.
boost::asio::awaitable<bool> is_for_threshold(const Tools& tools, Proposal proposal, AnalysisSpec analysis) {
  if (analysis.analyzer != AnalysisSpec().analyzer) co_return false;
  analyzer::ValidateRequest settings{.settings = analysis.settings};
  const auto reply = co_await bridge::call<analyzer::Interface, analyzer::Validate>(tools.caller, "analyzers.threshold",
                                                                                    settings, context(tools, proposal));
  co_return reply.ok() && reply->problems.empty();
}

boost::asio::awaitable<void> check_analyses(const Tools& tools, Proposal proposal, Problems& faults, Asked& asked) {
  const auto& analyses = proposal.application.spec.analyses;
  for (std::size_t i = 0; i < analyses.size(); ++i) {
    const std::string at = "/analyses/" + std::to_string(i);
    const auto source = co_await bridge::call<metrics::Interface, metrics::Describe>(
        tools.caller, "metrics." + analyses[i].metrics, Empty(), context(tools, proposal));
    if (missing(source))
      faults.push_back(
          {at + "/metrics", to_text(analyses[i].metrics),
           "is no source of the profile: binding \"metrics." + analyses[i].metrics + "\": " + source.status().message});
    analyzer::ValidateRequest settings{.settings = analyses[i].settings};
    if (source.ok()) {
      for (const metrics::Metric& metric : source->metrics) settings.metrics.push_back(metric.name);
    }
    const auto judge = co_await bridge::call<analyzer::Interface, analyzer::Validate>(
        tools.caller, "analyzers." + analyses[i].analyzer, settings, context(tools, proposal));
    if (missing(judge))
      faults.push_back({at + "/analyzer", to_text(analyses[i].analyzer),
                        "is no analyzer of the profile: binding \"analyzers." + analyses[i].analyzer +
                            "\": " + judge.status().message});
    if (!judge.ok()) continue;
    for (const auto& problem : judge->problems)
      faults.push_back({joined(at + "/settings", problem.path), problem.value, problem.message});
    if (!judge->problems.empty() && co_await is_for_threshold(tools, proposal, analyses[i]))
      faults.push_back(
          {at + "/analyzer", to_text(analyses[i].analyzer),
           "judges where no analyzer is named; these settings are threshold's: write \"analyzer: threshold\""});
    const std::int64_t windows = std::max(1, judge->least_windows);
    asked.weights[analyses[i].name] = judge->alpha_weight;
    if (judge->compares) asked.comparing.push_back(analyses[i].name);
    asked.least[analyses[i].name] = analyses[i].initial_delay + Duration{windows * analyses[i].interval.ns};
  }
}

// After the promotion the old release has no traffic that the new one could be compared with.
void check_watch(const ApplicationSpec& spec, const Asked& asked, Problems& faults) {
  for (const strategy::AnalysisWanted& wanted : wanted_after(spec)) {
    if (std::find(asked.comparing.begin(), asked.comparing.end(), wanted.name) == asked.comparing.end()) continue;
    const auto& chosen = spec.verification.analyses;
    const auto at = std::find(chosen.begin(), chosen.end(), wanted.name) - chosen.begin();
    faults.push_back({"/verification/analyses" + (chosen.empty() ? "" : "/" + std::to_string(at)), to_text(wanted.name),
                      "compares the two releases, and in the watch only one of them has traffic; want analyses that "
                      "judge one alone (sequential with \"kind: absolute\", or threshold)" +
                          std::string(chosen.empty() ? ", named here: without names all of them watch" : "")});
  }
}

// Any plugin answers health, so that its binding is found without a question to the gate itself.
boost::asio::awaitable<Status> check_gates(const Tools& tools, Proposal proposal, Problems& faults) {
  const auto& gates = proposal.application.spec.gates;
  for (std::size_t i = 0; i < gates.size(); ++i) {
    if (gates[i].gate == "approval") continue;
    const auto reply = co_await bridge::call<plugin::Interface, plugin::Health>(tools.caller, "gates." + gates[i].gate,
                                                                                Empty(), context(tools, proposal));
    if (!reply.ok() && reply.status().code == Code::not_found)
      faults.push_back({"/gates/" + std::to_string(i) + "/gate", to_text(gates[i].gate),
                        "is no gate of the profile, and not \"approval\""});
    if (!reply.ok() && reply.status().code == Code::unavailable)
      co_return Status(Code::unavailable, "gate \"" + gates[i].gate + "\" can't be asked: " + reply.status().message);
  }
  co_return Status();
}

boost::asio::awaitable<Status> check_provider(const Tools& tools, Proposal proposal, Problems& faults) {
  Releases releases{{proposal.release.name, std::make_shared<const provider::Release>(proposal.release.spec)}};
  const Application& app = proposal.application;
  Order order{.generation = app.generation + 1,
              .groups = {{std::string(strategy::kNext), proposal.release.name, app.spec.replicas, 0}}};
  const auto reply = co_await bridge::call<provider::Interface, provider::Validate>(
      tools.caller, "provider", desired_of(app, app.spec, order, releases), context(tools, proposal));
  if (!reply.ok())
    co_return Status(Code::unavailable, "binding \"provider\" can't be asked: " + to_string(reply.status()));
  for (const auto& problem : reply->problems) faults.push_back({"/release", to_text(proposal.release.name), problem});
  co_return Status();
}

void add_notes(RolloutPlan& plan, const ApplicationSpec& spec) {
  for (const GateSpec& gate : spec.gates) {
    plan.notes.push_back("gate " + gate.gate + " is asked before the " +
                         (gate.at == GateMoment::start ? "start" : "promotion"));
    if (gate.gate == "approval") plan.needs_a_person = true;
  }
  if (spec.verification.period.ns > 0)
    plan.notes.push_back("after promotion the release is watched for " + to_string(spec.verification.period) +
                         "; a failed analysis goes back");
  plan.earliest_end = plan.earliest_end + spec.verification.period;
}

// A rollout may be over before an analysis in its background has looked once, where its strategy does not wait for
// that.
void note_blind(RolloutPlan& plan, const ApplicationSpec& spec, const std::map<std::string, std::int32_t>& runs) {
  for (const AnalysisSpec& analysis : spec.analyses) {
    const Duration first = analysis.initial_delay + analysis.interval;
    if (!runs.contains(analysis.name) || plan.earliest_end >= first) continue;
    plan.notes.push_back("it may be promoted after " + to_string(plan.earliest_end) +
                         ", before the first window of the analysis " + analysis.name + " ends (" + to_string(first) +
                         "): then nothing is judged, unless the strategy waits for it");
  }
}

boost::asio::awaitable<Status> check_all(const Tools& tools, Proposal proposal, Asked& asked) {
  Problems faults;
  Problems of_analyses;
  co_await check_analyses(tools, proposal, of_analyses, asked);
  check_watch(proposal.application.spec, asked, of_analyses);
  if (const Status status = co_await check_strategy(tools, proposal, asked, faults); !status.ok()) co_return status;
  faults.insert(faults.end(), of_analyses.begin(), of_analyses.end());
  if (const Status status = co_await check_gates(tools, proposal, faults); !status.ok()) co_return status;
  if (const Status status = co_await check_provider(tools, proposal, faults); !status.ok()) co_return status;
  if (faults.empty()) co_return Status();
  co_return Status(
      Code::invalid_argument,
      "release " + proposal.release.name + " of " + proposal.application.spec.name + " can't be rolled out so",
      std::move(faults));
}

Later<strategy::PlanReply> ask_plan(const Tools& tools, Proposal proposal, Asked asked) {
  strategy::PlanRequest request{.settings = proposal.strategy.settings,
                                .replicas = proposal.application.spec.replicas,
                                .has_stable = !proposal.application.stable_release.empty(),
                                .analyses = std::move(asked.least)};
  co_return co_await bridge::call<strategy::Interface, strategy::Plan>(
      tools.caller, "strategies." + proposal.strategy.name, request, context(tools, proposal));
}

// Without a plan of the strategy its runs are unplanned.
AlphaBudget dealt_out(const Asked& asked, const ApplicationSpec& spec,
                      const std::map<std::string, std::int32_t>& runs) {
  AlphaBudget alpha;
  for (const auto& [name, weight] : asked.weights) {
    const auto found = runs.find(name);
    alpha.parts[name] = {.weight = weight, .planned = found == runs.end() ? 0 : found->second};
  }
  for (const strategy::AnalysisWanted& wanted : wanted_after(spec)) {
    const auto found = alpha.parts.find(wanted.name);
    if (found != alpha.parts.end()) ++found->second.planned;
  }
  return alpha;
}

void add_notes(RolloutPlan& plan, const AlphaBudget& alpha) {
  for (const auto& [name, part] : alpha.parts) {
    if (part.weight <= 0 || part.planned == 0) continue;
    std::array<char, 32> share{};
    std::snprintf(share.data(), share.size(), "%.2g", planned_share(alpha, name));
    const std::string times = part.planned == 1 ? "once, with " : std::to_string(part.planned) + " times, each with ";
    plan.notes.push_back("the analysis " + name + " begins " + times + share.data() +
                         " of the chance of a false alarm that its settings allow");
  }
}

}  // namespace

Later<Checked> check(const Tools& tools, Proposal proposal) {
  Asked asked;
  if (Status status = co_await check_all(tools, proposal, asked); !status.ok()) co_return status;
  const bool spends =
      std::any_of(asked.weights.begin(), asked.weights.end(), [](const auto& w) { return w.second > 0; });
  std::map<std::string, std::int32_t> runs;
  if (spends) {
    const auto plan = co_await ask_plan(tools, proposal, asked);
    if (plan.ok()) runs = plan->runs;
  }
  Checked checked{.alpha = dealt_out(asked, proposal.application.spec, runs), .granularity = asked.granularity};
  co_return checked;
}

Later<RolloutPlan> make_plan(const Tools& tools, Proposal proposal) {
  Asked asked;
  if (Status status = co_await check_all(tools, proposal, asked); !status.ok()) co_return status;
  const ApplicationSpec& spec = proposal.application.spec;
  auto reply = co_await ask_plan(tools, proposal, asked);
  if (!reply.ok())
    co_return Status(Code::unavailable,
                     "binding \"strategies." + proposal.strategy.name + "\" can't plan: " + to_string(reply.status()));
  RolloutPlan plan{.application = spec.name,
                   .from_release = proposal.application.stable_release,
                   .to_release = proposal.release.name,
                   .strategy = proposal.strategy,
                   .moments = std::move(reply->moments),
                   .earliest_end = reply->earliest_end,
                   .needs_a_person = reply->needs_a_person};
  note_blind(plan, spec, reply->runs);
  add_notes(plan, spec);
  add_notes(plan, dealt_out(asked, spec, reply->runs));
  co_return plan;
}

boost::asio::awaitable<Status> check_application(const Tools& tools, std::string tenant, ApplicationSpec spec) {
  Proposal proposal;
  proposal.application.tenant = std::move(tenant);
  proposal.application.spec = std::move(spec);
  const Application& app = proposal.application;
  const Order order{.generation = 1};
  bridge::CallContext limits = context(tools, proposal);
  limits.budget_ns = std::min(limits.budget_ns, kPatienceOfAPut.ns);
  const auto reply = co_await bridge::call<provider::Interface, provider::Validate>(
      tools.caller, "provider", desired_of(app, app.spec, order, {}), std::move(limits));
  if (!reply.ok() || reply->problems.empty()) co_return Status();
  Problems faults;
  for (const auto& problem : reply->problems) faults.push_back({"/", to_text(app.spec.name), problem});
  co_return Status(Code::invalid_argument, "the provider can't run application \"" + app.spec.name + "\"",
                   std::move(faults));
}

}  // namespace slipway::rollout
