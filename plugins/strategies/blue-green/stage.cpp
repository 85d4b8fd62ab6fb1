#include "plugins/strategies/blue-green/stage.hpp"

namespace slipway::blue_green {

using strategy::Command;
using strategy::Finding;
using strategy::GateState;
using strategy::Wait;
using strategy::WaitKind;

Stage::Stage(const Settings& settings, State state, const World& world)
    : settings_(settings), state_(state), world_(world) {
  state_.promoted = state_.promoted || world.asked(Command::promote) || world.asked(Command::skip);
}

Decision<State> Stage::go() {
  if (world_.replicas() == 0) return promote(state_, {next_group(0, 0)}, Duration{});
  // A first release has nothing to be compared with or to come back to; a full promote leaves the tests out too.
  state_.fully = state_.fully || !world_.has_stable() || world_.asked(Command::promote_fully);
  if (state_.fully && state_.phase < Phase::verify) {
    state_.phase = Phase::shift;
    state_.shift = shifts();
  }
  while (true) {
    if (const auto* bad = any(Finding::failed)) {
      return fail(state_, "the analysis " + bad->name + " failed: " + bad->reason);
    }
    if (auto wait = replicas_or_traffic()) {
      if (!state_.progress.is_late(world_.now(), settings_.progress_deadline)) return reply(std::move(*wait));
      return fail(state_,
                  "no progress for " + to_string(settings_.progress_deadline) + " while it waited for " + wait->what);
    }
    auto wait = wait_in_phase();
    if (wait && !state_.promoted) return reply(std::move(*wait));
    if (state_.phase == Phase::verify) return promote(state_, groups(), settings_.keep_blue);
    advance();
  }
}

// The weight rises only over replicas that are available.
std::optional<Wait> Stage::replicas_or_traffic() {
  const auto& green = world_.next();
  const std::int32_t needed = green_wanted();
  const std::int32_t available = world_.available(green, settings_.min_ready);
  const std::uint32_t before = state_.weight;
  state_.weight = available >= needed ? target() : std::min(before, target());
  if (green.ready == 0) state_.weight = 0;
  const bool moved = green.weight == target() || (world_.converged() && before == target());

  state_.progress.note(green.ready + available + (green.weight > 0 ? 1 : 0), world_.now());
  const Instant late = state_.progress.at + settings_.progress_deadline;
  if (available < needed) {
    const Instant ready = world_.available_at(green, settings_.min_ready).value_or(late);
    return wait_for_replicas(green, available, needed, coming(), std::min(ready, late));
  }
  if (!moved)
    return Wait{WaitKind::traffic, share_to_string(target()) + " of the traffic to be on the new release", coming(),
                late};
  state_.progress.rest();
  if (state_.since == Instant{}) state_.since = world_.now();
  return std::nullopt;
}

std::optional<Wait> Stage::wait_in_phase() {
  if (const auto* held = any(Finding::held)) return wait_for_analysis(*held, coming());
  if (state_.phase == Phase::smoke) return wait_for_own(coming());
  if (state_.phase == Phase::approval) return wait_for_approval();
  if (state_.phase < Phase::shift) return std::nullopt;
  if (auto wait = state_.phase == Phase::shift ? wait_in_shift() : wait_for_own(coming())) return wait;
  const auto* unmeasured = is_last_chance() ? world_.unmeasured(background()) : nullptr;
  return unmeasured == nullptr ? std::nullopt : std::optional(wait_for_measurement(*unmeasured, coming()));
}

// Missing data is no success: before green was measured it gets no more than a part of the traffic, and where it gets
// all at once it is not promoted.
bool Stage::is_last_chance() const {
  if (switches_at_once(settings_)) return state_.phase == Phase::verify;
  const auto next = static_cast<std::size_t>(state_.shift) + 1;
  const auto& steps = settings_.switch_steps;
  return target() < kAllTraffic && (next >= steps.size() || steps[next].weight.ppm == kAllTraffic);
}

std::optional<Wait> Stage::wait_for_own(std::string next) const {
  for (const auto& one : own()) {
    const auto* seen = world_.analysis(one);
    if (seen != nullptr && seen->finding == Finding::passed) continue;
    const std::string so_far = seen == nullptr || seen->reason.empty() ? "" : " (" + seen->reason.substr(0, 200) + ")";
    return Wait{WaitKind::analysis, "the analysis " + one.name + " to pass" + so_far, std::move(next), {}};
  }
  return std::nullopt;
}

std::optional<Wait> Stage::wait_for_approval() const {
  if (!settings_.approval || world_.gate("approval").state == GateState::open) return std::nullopt;
  const std::string& question = settings_.approval->message;
  return Wait{WaitKind::approval, "a person's approval" + (question.empty() ? "" : ": " + question), coming(), {}};
}

std::optional<Wait> Stage::wait_in_shift() {
  const Instant until = state_.since + shift().pause;
  if (world_.now() < until)
    return Wait{WaitKind::time, "the pause of " + to_string(shift().pause) + " to end", coming(), until};
  return wait_for_own(coming());
}

void Stage::advance() {
  state_.since = {};
  state_.promoted = false;
  if (state_.phase == Phase::shift && state_.shift < shifts() && target() < kAllTraffic) {
    ++state_.shift;
    return;
  }
  state_.phase = static_cast<Phase>(static_cast<int>(state_.phase) + 1);
}

// The shift in effect; behind the written ones all traffic.
Shift Stage::shift() const {
  return state_.shift < shifts() ? settings_.switch_steps[static_cast<std::size_t>(state_.shift)]
                                 : Shift{.weight = share(100)};
}

std::int32_t Stage::green_wanted() const {
  const std::int32_t all = world_.replicas();
  if (state_.phase >= Phase::fill || !settings_.preview_replicas) return all;
  return std::clamp(settings_.preview_replicas->of(all, Round::up), 1, all);
}

std::uint32_t Stage::target() const {
  if (state_.phase < Phase::shift) return 0;
  return state_.phase == Phase::shift ? shift().weight.ppm : kAllTraffic;
}

std::int32_t Stage::position() const {
  const std::int32_t before = static_cast<std::int32_t>(state_.phase);
  return state_.phase == Phase::shift    ? before + state_.shift
         : state_.phase == Phase::verify ? before + shifts()
                                         : before;
}

std::string Stage::coming() const {
  switch (state_.phase) {
    case Phase::preview:
      return settings_.smoke.list.empty() ? "switch" : "test the new release without traffic";
    case Phase::smoke:
      return settings_.approval ? "ask for approval" : "switch";
    case Phase::approval:
    case Phase::fill:
      return "switch";
    case Phase::shift:
      break;
    case Phase::verify:
      return "promote the new release";
  }
  if (target() == kAllTraffic)
    return settings_.verify.list.empty() ? "promote the new release" : "verify the new release";
  const bool last = state_.shift + 1 >= shifts();
  return "set the weight to " +
         (last ? "100%" : to_string(settings_.switch_steps[static_cast<std::size_t>(state_.shift) + 1].weight));
}

std::vector<strategy::AnalysisWanted> Stage::own() const {
  if (state_.fully) return {};
  if (state_.phase == Phase::smoke) return wanted(settings_.smoke, "smoke");
  if (state_.phase == Phase::verify) return wanted(settings_.verify, "verify");
  return state_.phase == Phase::shift ? wanted(shift().analyses, "shift " + std::to_string(state_.shift)) : wanted({});
}

// One that the phase runs itself does not run in the background too.
std::vector<strategy::AnalysisWanted> Stage::background() const {
  if (state_.fully || state_.phase < Phase::shift) return {};
  auto list = wanted(settings_.analyses);
  for (const auto& mine : own()) std::erase_if(list, [&](const auto& a) { return a.name == mine.name; });
  return list;
}

const strategy::AnalysisSeen* Stage::any(Finding finding) const {
  const auto* found = world_.first(finding, own());
  return found != nullptr ? found : world_.first(finding, background());
}

std::vector<strategy::Group> Stage::groups() const {
  const strategy::Group green = next_group(green_wanted(), state_.weight);
  if (!world_.has_stable()) return {green};
  return {stable_group(world_.replicas(), kAllTraffic - state_.weight), green};
}

Decision<State> Stage::reply(Wait wait) {
  strategy::StepReply reply{.groups = groups(), .analyses = background(), .wait = std::move(wait)};
  for (auto& mine : own()) reply.analyses.push_back(std::move(mine));
  if (state_.phase == Phase::approval && settings_.approval) reply.gates = {{"approval", settings_.approval->message}};
  reply.step = position();
  reply.steps = static_cast<std::int32_t>(Phase::verify) + shifts() + 1;
  reply.reason = std::string(to_name(state_.phase)) + ": " + share_to_string(state_.weight) + " of the traffic for " +
                 plural(green_wanted(), "green replica");
  return {state_, std::move(reply)};
}

}  // namespace slipway::blue_green
