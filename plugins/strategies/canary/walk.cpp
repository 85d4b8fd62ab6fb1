#include "plugins/strategies/canary/walk.hpp"

namespace slipway::canary {

using strategy::Command;
using strategy::Finding;
using strategy::GateState;
using strategy::Wait;
using strategy::WaitKind;

Walk::Walk(const Settings& settings, State state, const World& world)
    : settings_(settings), state_(std::move(state)), world_(world), program_(expand(settings)) {
  state_.promoted = state_.promoted || world.asked(Command::promote);
}

Decision<State> Walk::go() {
  if (world_.replicas() == 0) return promote(std::move(state_), {next_group(0, 0)}, Duration{});
  state_.step = std::clamp(state_.step, 0, end());
  if (!world_.has_stable() || world_.asked(Command::promote_fully)) enter(end());
  if (world_.asked(Command::skip) && state_.step < end()) enter(state_.step + 1);
  while (true) {
    if (const auto* bad = fatal())
      return fail(std::move(state_), "the analysis " + bad->name + " failed: " + bad->reason);
    if (auto wait = settle()) {
      if (!state_.progress.is_late(world_.now(), settings_.progress_deadline)) return reply(std::move(*wait));
      return fail(std::move(state_),
                  "no progress for " + to_string(settings_.progress_deadline) + " while it waited for " + wait->what);
    }
    if (action() == nullptr) return promote(std::move(state_), groups(), settings_.scale_down_delay);
    auto wait = wait_of(*action());
    const std::int32_t threshold = settings_.automatic ? settings_.automatic->threshold : 1;
    if (state_.failed_checks >= threshold) {
      return fail(std::move(state_), plural(threshold, "check") + " failed, the last at " +
                                         to_string(Share{effect_.weight}) + " of the traffic");
    }
    if (wait && !state_.promoted) return reply(std::move(*wait));
    enter(state_.step + 1);
  }
}

std::optional<Wait> Walk::settle() {
  const std::int32_t all = world_.replicas();
  const auto& canary = world_.next();
  effect_ = effect_at(program_, state_.step);
  needed_ = canary_replicas(effect_, effect_.weight, all);
  const std::int32_t available = world_.available(canary, settings_.min_ready);
  const std::int32_t twins = world_.available(world_.baseline(), settings_.min_ready);
  const std::int32_t twins_needed = baseline_needed();
  // The weight never rises before the replicas that carry it are there, and they stay until it has fallen.
  const std::uint32_t before = state_.weight;
  replicas_ = std::max(needed_, canary_replicas(effect_, std::max(before, canary.weight), all));
  const bool all_there = available >= needed_ && twins >= twins_needed;
  state_.weight = all_there ? effect_.weight : std::min(before, effect_.weight);
  if (canary.ready == 0) state_.weight = 0;
  baseline_ = baseline_ordered(before);
  compared_ = baseline_ == 0 || world_.baseline().ready == 0 ? 0 : baseline_weight(state_.weight);
  const bool moved = canary.weight == effect_.weight || (world_.converged() && before == effect_.weight);

  const std::int32_t ready = canary.ready + available + world_.baseline().ready + twins;
  state_.progress.note(ready + (canary.weight > 0 ? 1 : 0), world_.now());
  const Instant late = state_.progress.at + settings_.progress_deadline;
  if (available < needed_) {
    const Instant soon = world_.available_at(canary, settings_.min_ready).value_or(late);
    return wait_for_replicas(canary, available, needed_, phrase(program_, state_.step), std::min(soon, late));
  }
  if (twins < twins_needed) {
    const Instant soon = world_.available_at(world_.baseline(), settings_.min_ready).value_or(late);
    return wait_for_replicas(world_.baseline(), twins, twins_needed, phrase(program_, state_.step),
                             std::min(soon, late), "baseline replica");
  }
  if (!moved)
    return Wait{WaitKind::traffic, to_string(Share{effect_.weight}) + " of the traffic to be on the canary", next(),
                late};
  state_.progress.rest();
  if (state_.since == Instant{}) state_.since = world_.now();
  return std::nullopt;
}

// Replicas of the baseline without which nothing goes on.
std::int32_t Walk::baseline_needed() const {
  const bool wanted = has_baseline() && effect_.weight < kAllTraffic;
  return wanted ? baseline_replicas(effect_, effect_.weight, world_.replicas()) : 0;
}

// As with the canary, replicas stay until their traffic has fallen. On the way to all traffic it stays as it is, and
// goes with its last traffic.
std::int32_t Walk::baseline_ordered(std::uint32_t before) const {
  if (!has_baseline()) return 0;
  const auto at = [&](std::uint32_t weight) { return baseline_replicas(effect_, weight, world_.replicas()); };
  if (effect_.weight == kAllTraffic) return state_.weight > 0 ? at(state_.weight) : 0;
  return std::max({at(effect_.weight), at(before), at(world_.next().weight)});
}

std::optional<Wait> Walk::wait_of(const Action& action) {
  if (const auto* held = world_.first(Finding::held, background())) return wait_for_analysis(*held, next());
  if (auto wait = wait_of_itself(action)) return wait;
  const auto* unmeasured = is_last_chance(program_, state_.step) ? world_.unmeasured(background()) : nullptr;
  return unmeasured == nullptr ? std::nullopt : std::optional(wait_for_measurement(*unmeasured, next()));
}

std::optional<Wait> Walk::wait_of_itself(const Action& action) {
  if (action.pause) return wait_of(*action.pause);
  if (action.analysis) return wait_of_analysis();
  if (action.approval) return wait_of_gate("approval", action.approval->message);
  if (action.gate) return wait_of_gate(*action.gate, "");
  if (action.check) return wait_of(*action.check);
  return std::nullopt;
}

std::optional<Wait> Walk::wait_of(const Pause& pause) const {
  if (!pause.duration) return Wait{WaitKind::approval, "somebody to promote", next(), {}};
  const Instant until = state_.since + *pause.duration;
  if (world_.now() >= until) return std::nullopt;
  return Wait{WaitKind::time, "the pause of " + to_string(*pause.duration) + " to end", next(), until};
}

std::optional<Wait> Walk::wait_of_analysis() const {
  if (const auto* held = world_.first(Finding::held, own())) return wait_for_analysis(*held, next());
  for (const auto& one : own()) {
    const auto* seen = world_.analysis(one);
    if (seen != nullptr && seen->finding == Finding::passed) continue;
    const std::string so_far = seen == nullptr || seen->reason.empty() ? "" : " (" + seen->reason.substr(0, 200) + ")";
    return Wait{WaitKind::analysis, "the analysis " + one.name + " to pass" + so_far, next(), {}};
  }
  return std::nullopt;
}

std::optional<Wait> Walk::wait_of_gate(const std::string& name, const std::string& question) const {
  const auto gate = world_.gate(name);
  if (gate.state == GateState::open) return std::nullopt;
  const std::string detail = gate.reason.empty() ? question : gate.reason;
  const bool person = name == "approval";
  const std::string what = (person ? "a person's approval" : "the gate " + name + " to open") +
                           (detail.empty() ? "" : ": " + detail.substr(0, 200));
  return Wait{person ? WaitKind::approval : WaitKind::gate, what, next(), {}};
}

std::optional<Wait> Walk::wait_of(const Check& check) {
  if (world_.first(Finding::failed, own()) != nullptr) {
    ++state_.failed_checks;
    ++state_.attempt;
    state_.since = world_.now();
  }
  const Instant until = state_.since + check.interval;
  if (world_.now() >= until) return wait_of_analysis();
  const std::string failed =
      state_.failed_checks == 0 ? "" : " (" + plural(state_.failed_checks, "check") + " failed so far)";
  return Wait{WaitKind::time, "the interval of " + to_string(check.interval) + " to end" + failed, next(), until};
}

void Walk::enter(std::int32_t step) {
  if (state_.step == step) return;
  state_.step = step;
  state_.since = {};
  state_.attempt = 0;
  state_.promoted = false;
}

const Action* Walk::action() const {
  return state_.step < end() ? &program_[static_cast<std::size_t>(state_.step)] : nullptr;
}

std::vector<strategy::AnalysisWanted> Walk::own() const {
  const Action* now = action();
  if (now == nullptr) return {};
  const std::string run =
      std::to_string(state_.step) + (state_.attempt == 0 ? "" : "." + std::to_string(state_.attempt));
  return now->analysis ? compared(*now->analysis, run)
         : now->check  ? compared(now->check->analyses, run)
                       : compared({});
}

std::vector<strategy::AnalysisWanted> Walk::compared(const Names& names, const std::string& run) const {
  return wanted(names, run, has_baseline() ? strategy::kBaseline : strategy::kStable);
}

// One that the step runs itself does not run in the background too.
std::vector<strategy::AnalysisWanted> Walk::background() const {
  if (action() == nullptr) return {};
  auto list = compared(settings_.analyses);
  for (const auto& mine : own()) std::erase_if(list, [&](const auto& a) { return a.name == mine.name; });
  return list;
}

const strategy::AnalysisSeen* Walk::fatal() const {
  if (const auto* bad = world_.first(Finding::failed, background())) return bad;
  return action() != nullptr && action()->analysis ? world_.first(Finding::failed, own()) : nullptr;
}

std::vector<strategy::GateWanted> Walk::gates() const {
  const Action* now = action();
  if (now != nullptr && now->approval) return {{"approval", now->approval->message}};
  if (now != nullptr && now->gate) return {{*now->gate, ""}};
  return {};
}

std::vector<strategy::Group> Walk::groups() const {
  const strategy::Group canary = next_group(replicas_, state_.weight, needed_);
  if (!world_.has_stable()) return {canary};
  std::vector<strategy::Group> groups{stable_group(world_.replicas(), kAllTraffic - state_.weight - compared_), canary};
  if (baseline_ > 0) groups.push_back(baseline_group(baseline_, compared_, baseline_needed()));
  return groups;
}

std::string Walk::reason() const {
  const std::string where = state_.step < end()
                                ? "step " + std::to_string(state_.step + 1) + " of " + std::to_string(end())
                                : "the last step";
  return where + ", " + phrase(program_, state_.step) + ": " + to_string(Share{state_.weight}) +
         " of the traffic for " + plural(replicas_, "canary replica") +
         (baseline_ == 0 ? "" : ", " + to_string(Share{compared_}) + " for " + plural(baseline_, "baseline replica"));
}

Decision<State> Walk::reply(Wait wait) {
  strategy::StepReply reply{.groups = groups(), .analyses = background(), .gates = gates(), .wait = std::move(wait)};
  for (auto& mine : own()) reply.analyses.push_back(std::move(mine));
  if (world_.next().ready > 0) {
    reply.routes = effect_.routes;
    reply.mirror = effect_.mirror;
  }
  reply.step = state_.step;
  reply.steps = end();
  reply.reason = reason();
  return {std::move(state_), std::move(reply)};
}

}  // namespace slipway::canary
