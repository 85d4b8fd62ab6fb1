#include <algorithm>
#include <map>
#include <slipway/detail/strategy_plan.hpp>

namespace slipway::detail {
namespace {

class IdealWorld {
 public:
  IdealWorld(const strategy::PlanRequest& request, Instant start)
      : start_time_(request.start_time), least_(request.analyses) {
    seen_.replicas = request.replicas;
    seen_.converged = true;
    if (!request.has_stable || request.replicas == 0) return;
    const Instant long_ago = start - seconds(std::int64_t{365} * 24 * 3600);
    groups_.push_back({std::string(strategy::kStable),
                       std::vector<Instant>(static_cast<std::size_t>(request.replicas), long_ago), kAllTraffic});
  }

  // What a step wanted comes true; false when it was true already.
  bool apply(const strategy::StepReply& reply, Instant now) {
    const Json before = encode(observe(now));
    std::map<Run, Instant> runs;
    std::vector<Group> wanted;
    for (const auto& group : reply.groups) wanted.push_back(resized(group, now));
    groups_ = std::move(wanted);
    for (const auto& a : reply.analyses) {
      const auto old = runs_.find({a.name, a.run});
      if (old == runs_.end() && !runs.contains({a.name, a.run})) ++begun_[a.name];
      runs[{a.name, a.run}] = old == runs_.end() ? now : old->second;  // one that goes on is no change
    }
    runs_ = std::move(runs);
    seen_.gates.clear();
    for (const auto& g : reply.gates) seen_.gates.push_back({g.name, strategy::GateState::open, "assumed"});
    seen_.commands.clear();
    if (reply.wait.kind == strategy::WaitKind::approval) seen_.commands.push_back(strategy::Command::promote);
    return encode(observe(now)) != before;
  }

  [[nodiscard]] strategy::Observation observe(Instant now) const {
    strategy::Observation seen = seen_;
    for (const Group& group : groups_) seen.groups.push_back(as_seen(group, now));
    for (const auto& [run, since] : runs_) {
      const bool passed = now >= since + least(run.first);
      const auto finding = passed ? strategy::Finding::passed : strategy::Finding::running;
      seen.analyses.push_back({run.first, finding, passed ? "assumed" : "", since, run.second});
    }
    return seen;
  }

  // How often each analysis began.
  [[nodiscard]] const std::map<std::string, std::int32_t>& begun() const { return begun_; }

  // When the next replica becomes ready, or the next analysis passes.
  [[nodiscard]] std::optional<Instant> next_event(Instant now) const {
    std::optional<Instant> soonest;
    const auto consider = [&](Instant at) {
      if (at > now && (!soonest || at < *soonest)) soonest = at;
    };
    for (const Group& group : groups_) {
      for (const Instant at : group.ready_at) consider(at);
    }
    for (const auto& [run, since] : runs_) consider(since + least(run.first));
    return soonest;
  }

 private:
  using Run = std::pair<std::string, std::string>;  // an analysis and its run
  struct Group {
    std::string role;
    std::vector<Instant> ready_at;
    std::uint32_t weight = 0;
  };

  [[nodiscard]] Group resized(const strategy::Group& wanted, Instant now) const {
    const auto old =
        std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.role == wanted.role; });
    Group group{wanted.role, old == groups_.end() ? std::vector<Instant>() : old->ready_at, wanted.weight};
    group.ready_at.resize(static_cast<std::size_t>(wanted.replicas), now + start_time_);
    return group;
  }
  static provider::ObservedGroup as_seen(const Group& group, Instant now) {
    provider::ObservedGroup seen;
    seen.role = group.role;
    seen.release = group.role;
    seen.replicas = seen.running = static_cast<std::int32_t>(group.ready_at.size());
    for (const Instant at : group.ready_at) {
      if (at <= now) seen.ready_since.push_back(at);
    }
    seen.ready = static_cast<std::int32_t>(seen.ready_since.size());
    seen.weight = group.weight;
    return seen;
  }
  [[nodiscard]] Duration least(const std::string& analysis) const {
    const auto found = least_.find(analysis);
    return found == least_.end() ? Duration{} : found->second;
  }

  Duration start_time_;
  std::map<std::string, Duration> least_;
  std::map<Run, Instant> runs_;
  std::map<std::string, std::int32_t> begun_;
  strategy::Observation seen_;
  std::vector<Group> groups_;
};

strategy::PlanMoment moment_of(const strategy::StepReply& reply, Duration at) {
  strategy::PlanMoment moment;
  moment.at = at;
  moment.step = reply.step;
  moment.groups = reply.groups;
  for (auto& group : moment.groups) group.carriers.reset();  // of no concern to who reads a plan
  for (const auto& analysis : reply.analyses) moment.analyses.push_back(analysis.name);
  moment.wait = reply.wait;
  moment.wait.until.reset();
  moment.reason = reply.reason;
  return moment;
}

bool is_new(const std::vector<strategy::PlanMoment>& moments, const strategy::PlanMoment& moment) {
  if (moments.empty()) return true;
  const auto& last = moments.back();
  return last.groups != moment.groups || last.step != moment.step || last.analyses != moment.analyses ||
         last.wait.kind != moment.wait.kind;
}

bool asks_a_person(const strategy::StepReply& reply) {
  const auto is_approval = [](const strategy::GateWanted& gate) { return gate.name == "approval"; };
  return reply.wait.kind == strategy::WaitKind::approval ||
         std::any_of(reply.gates.begin(), reply.gates.end(), is_approval);
}

}  // namespace

strategy::PlanReply plan(const strategy::PlanRequest& request, const Decide& decide) {
  constexpr int kMostSteps = 2'000;
  const Instant start{1'000'000'000'000'000'000};
  Instant now = start;
  IdealWorld world(request, start);
  JsonText state;
  strategy::PlanReply plan;
  for (int i = 0; i < kMostSteps; ++i) {
    const strategy::StepReply reply = decide(state, world.observe(now), now);
    state = reply.state;
    plan.earliest_end = now - start;
    plan.needs_a_person = plan.needs_a_person || asks_a_person(reply);
    if (auto moment = moment_of(reply, now - start); is_new(plan.moments, moment))
      plan.moments.push_back(std::move(moment));
    if (reply.outcome != strategy::Outcome::progressing) {
      plan.moments.back().reason = reply.reason;
      return plan;
    }
    const bool changed = world.apply(reply, now);
    plan.runs = world.begun();
    if (changed) continue;
    auto next = world.next_event(now);
    if (reply.wait.until && *reply.wait.until > now && (!next || *reply.wait.until < *next)) next = reply.wait.until;
    if (!next) {
      plan.moments.back().reason += "; the plan ends here, for nothing further happens by itself";
      return plan;
    }
    now = *next;
  }
  plan.moments.back().reason += "; the plan is cut here, after " + std::to_string(kMostSteps) + " steps";
  return plan;
}

}  // namespace slipway::detail
