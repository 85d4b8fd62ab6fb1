// Decisions that rest on a plugin's word: the strategy's step, and gates.
#include <algorithm>

#include "host/bridge/typed_call.hpp"
#include "host/rollout/driver.hpp"
#include "host/rollout/promotion.hpp"
#include "host/rollout/retreat.hpp"

namespace slipway::rollout {

namespace {

// A plugin's word on a state, as against the failure to ask it.
bool is_final(Code code) {
  return code == Code::failed_precondition || code == Code::invalid_argument || code == Code::unimplemented ||
         code == Code::out_of_range;
}

// 0 for a state that names none.
std::int64_t version_of(const JsonText& state) {
  const auto tree = parse_json(state.text);
  return tree.ok() && tree->is_object() ? tree->value("version", std::int64_t{0}) : 0;
}

Status nobody_goes_on(const std::string& binding, const std::string& own, const std::string& newest,
                      const Status& refusal) {
  return {refusal.code, "the state of this rollout is of " + own + ", which does not run here, and " + newest +
                            " can't go on with it: " + refusal.message +
                            "; bring it back with \"slipway binding swap " + binding + " " + own +
                            "\", or abort the rollout"};
}

strategy::Wait wait_for(const GateRun& shut, std::string next) {
  const bool person = shut.name == "approval";
  return {person ? strategy::WaitKind::approval : strategy::WaitKind::gate, "gate " + shut.name, std::move(next),
          shut.ask_at};
}

}  // namespace

const AnalysisRun* Driver::failed_run() const {
  const auto& runs = record().runs;
  const auto found = std::find_if(
      runs.begin(), runs.end(), [](const AnalysisRun& run) { return run.status.finding == strategy::Finding::failed; });
  return found == runs.end() ? nullptr : &*found;
}

// Asks the strategy. While the rollout is paused, or its last order has not reached the provider, only a failed
// analysis is worth a question: nothing may move forward.
boost::asio::awaitable<bool> Driver::step() {
  const std::string binding = "strategies." + record().rollout.strategy.name;
  const bool still = record().rollout.state == State::paused || !applied();
  const bool skip = (still && !hurry()) || (troubles_.resting(binding, now()) && !hurry());
  if (skip) {
    const auto turn = co_await turns_.take();
    if (stale_ || !has_rollout()) co_return true;
    co_return co_await go_on(std::nullopt);
  }
  const std::int64_t before = rollout_->version;
  Result<std::string> way = co_await follow_strategy(binding);
  if (stale_ || !has_rollout() || interrupted_) co_return true;
  const std::string asked_version = way.ok() ? tools_.caller.version_of(*way, record().rollout.id) : std::string();
  const bool follows = asked_version.empty() || asked_version == record().strategy_version;
  if (!follows && rollout_->version != before) co_return true;  // somebody's word came in between
  if (!follows) way = Status(Code::unavailable, asked_version + " has not taken this rollout over yet");
  if (!way.ok()) {
    const auto turn = co_await turns_.take();
    if (stale_ || !has_rollout()) co_return true;
    troubles_.failed(binding, way.status(), now());
    co_return co_await step_failed(way.status());
  }
  const std::int64_t version = rollout_->version;
  const std::int64_t began = clock_.steady_ns();
  const auto& budgets = tools_.settings.budgets;
  const Asked asked{asked_version, encode_text(question(record(), *world_, now()))};
  auto limits = context(hurry() ? budgets.urgent : budgets.strategy);
  const auto answered_by = limits.answered_by = std::make_shared<std::string>(asked.version);
  auto reply = co_await interruptible(
      bridge::call_text<strategy::Interface, strategy::Step>(tools_.caller, *way, asked.question, std::move(limits)));
  took(tools_.times.decide, began);
  if (!reply.ok() && interrupted_) co_return true;
  const auto turn = co_await turns_.take();
  if (stale_ || !has_rollout() || rollout_->version != version) co_return true;
  // One that came in between was asked about a state that it has not taken over.
  if (*answered_by != asked.version) co_return true;
  if (reply.ok()) {
    const std::string fault = fault_of(*reply, record());
    if (fault.empty()) {
      troubles_.fine(binding);
      co_return co_await take(std::move(*reply), asked);
    }
    reply = Status(Code::internal, "its answer can't be used: " + fault);
  }
  troubles_.failed(binding, reply.status(), now());
  co_return co_await step_failed(reply.status());
}

// The binding to be asked for the next step. A rollout goes over to a newer version of its strategy as soon as that one
// has taken its state over, which is a decision of its own; until then it stays with the version that it began with. A
// failure when that one does not run and the newer one can't go on with its state.
boost::asio::awaitable<Result<std::string>> Driver::follow_strategy(std::string binding) {
  std::string newest = tools_.caller.version_of(binding, record().rollout.id);
  const std::string own = record().strategy_version;
  if (newest.empty() || newest == own) co_return binding;
  if (own.empty() || record().strategy_state.is_null()) {
    note_strategy(newest);
    co_return binding;
  }
  const std::string kept = binding + "@" + own;
  const bool can_stay = !tools_.caller.version_of(kept, "").empty();
  if (can_stay && record().refused_version == newest) co_return kept;
  strategy::MigrateRequest request{.state = record().strategy_state};
  request.from_version = version_of(record().strategy_state);
  const std::int64_t version = rollout_->version;
  auto limits = context(tools_.settings.budgets.strategy);
  const auto answered_by = limits.answered_by = std::make_shared<std::string>(newest);
  auto reply = co_await interruptible(
      bridge::call<strategy::Interface, strategy::Migrate>(tools_.caller, binding, request, std::move(limits)));
  newest = *answered_by;
  const auto turn = co_await turns_.take();
  if (stale_ || !has_rollout() || interrupted_ || rollout_->version != version) co_return binding;
  if (newest == own) co_return binding;  // a trial ended in between
  const std::string name = record().rollout.strategy.name;
  Change change{.record = record(), .kind = "strategy"};
  if (reply.ok()) {
    change.record.strategy_state = std::move(reply->state);
    change.record.strategy_version = newest;
    change.record.refused_version.clear();
    change.record.refused_reason.clear();
    change.reason = "strategy " + name + " went from " + own + " to " + newest + " and took its state along";
  } else if (can_stay && is_final(reply.status().code)) {
    change.record.refused_version = newest;
    change.record.refused_reason = reply.status().message;
    change.reason = "strategy " + name + " stays at " + own + ": " + newest +
                    " can't go on with this rollout: " + reply.status().message;
  } else if (is_final(reply.status().code)) {
    Status nobody = nobody_goes_on(binding, own, newest, reply.status());
    const strategy::Wait person{strategy::WaitKind::approval, "a person: " + nobody.message, "the next step", {}};
    // Stored, so that every host can tell whom it waits for.
    if (record().wait.what != person.what && record().rollout.state != State::paused) {
      change.reason = nobody.message;
      set_wait(change.record, person, now());
      (void)co_await commit(std::move(change));
    }
    co_return nobody;
  } else if (can_stay) {
    co_return kept;
  } else {
    co_return reply.status();
  }
  const bool refused = !reply.ok();
  (void)co_await commit(std::move(change));
  co_return refused ? kept : binding;
}

// In memory until the next decision is written.
void Driver::note_strategy(const std::string& version) {
  rollout_->value.strategy_version = version;
  notes_ = true;
  note_use();
}

void Driver::note_use() {
  const std::string user = tenant_ + "/" + name_;
  if (!has_rollout() || !owned() || record().strategy_version.empty()) return tools_.uses.clear(user);
  tools_.uses.set(user, "strategies." + record().rollout.strategy.name, record().strategy_version);
}

// A failed analysis is answered even when the strategy can't be asked.
boost::asio::awaitable<bool> Driver::step_failed(Status status) {
  const AnalysisRun* failed = failed_run();
  if (!hurry() || failed == nullptr) co_return co_await go_on(std::nullopt);
  fresh_failure_ = false;
  const std::string reason = "analysis " + failed->wanted.name + " failed: " + failed->status.reason +
                             " (the strategy could not be asked: " + status.message + ")";
  co_return co_await go_on(turn_back(record(), reason, *world_, now()));
}

// The turn is held.
boost::asio::awaitable<bool> Driver::take(strategy::StepReply reply, const Asked& asked) {
  auto change = answered(reply);
  if (change && !change->kind.empty()) change->detail = detail_of(asked, record().rollout.strategy.settings);
  co_return co_await go_on(std::move(change));
}

std::optional<Change> Driver::answered(const strategy::StepReply& reply) {
  const bool was_paused = record().rollout.state == State::paused;
  const bool only_failure = was_paused || !applied();
  fresh_failure_ = false;
  if (reply.outcome == strategy::Outcome::failed) return turn_back(record(), reply.reason, *world_, now());
  if (only_failure) return std::nullopt;
  NextOrder wanted = next_order(reply, record(), *world_);
  // One that promotes before its replicas are ready only asks for them.
  if (reply.outcome == strategy::Outcome::promoted && wanted.held.empty()) {
    auto change = before_promotion(reply);
    if (!change && first_shut(record().gates, gate::Action::promote) == nullptr)
      change = promote(record(), reply, std::move(wanted.order), *world_, now());
    return change;
  }
  Advance next = advance(record(), reply, std::move(wanted), now());
  waiting_ = std::move(next.waiting);
  return std::move(next.change);
}

// The gates that the application has before promotion: asked first, and a closed one turns the rollout back.
std::optional<Change> Driver::before_promotion(const strategy::StepReply& reply) {
  const auto& gates = record().gates;
  const bool asked =
      std::any_of(gates.begin(), gates.end(), [](const GateRun& gate) { return gate.action == gate::Action::promote; });
  auto wanted = gates_at(record().spec, GateMoment::promote, now());
  if (!asked && !wanted.empty()) {
    Change change{.record = record(),
                  .kind = "gate",
                  .reason = "ready to be promoted (" + reply.reason + "); the gates before it are asked"};
    for (GateRun& gate : wanted) {
      if (gate.name == "approval" && !record().approved_by.empty()) {
        gate.state = strategy::GateState::open;
        gate.reason = "promoted to the end by " + record().approved_by;
      }
      change.record.gates.push_back(std::move(gate));
    }
    if (const GateRun* first = first_shut(change.record.gates, gate::Action::promote))
      set_wait(change.record, wait_for(*first, "promote " + record().rollout.to_release), now());
    return change;
  }
  const GateRun* shut = first_shut(gates, gate::Action::promote);
  if (shut == nullptr) return std::nullopt;
  if (shut->state == strategy::GateState::closed)
    return turn_back(record(), "gate " + shut->name + " is closed: " + shut->reason, *world_, now());
  waiting_ = wait_for(*shut, "promote " + record().rollout.to_release);
  return std::nullopt;
}

std::optional<Change> Driver::after_gates() {
  const GateRun* shut = first_shut(record().gates, gate::Action::start);
  if (shut != nullptr && shut->state == strategy::GateState::closed) {
    Change change{.record = record(), .kind = "ended", .reason = "gate " + shut->name + " is closed: " + shut->reason};
    end(change, State::failed, now());
    return change;
  }
  if (shut != nullptr) {
    waiting_ = wait_for(*shut, "start");
    return std::nullopt;
  }
  Change change{.record = record(), .kind = "step", .reason = "the way is free"};
  Record& next = change.record;
  next.rollout.state = State::progressing;
  next.gates.clear();
  if (next.rollout.kind != "rollback") {
    next.phase = Phase::stepping;
    return change;
  }
  const std::string stable(strategy::kStable);
  next.phase = Phase::returning;
  next.retreat = Retreat{.home_role = std::string(strategy::kNext),
                         .home = next.rollout.to_release,
                         .away_role = stable,
                         .away = next.rollout.from_release,
                         .began = now(),
                         .from_weight = kAllTraffic,
                         .reason = next.rollout.reason};
  return change;
}

boost::asio::awaitable<void> Driver::ask_gates() {
  if (!has_rollout() || record().rollout.state == State::paused || record().phase == Phase::clearing) co_return;
  for (std::size_t i = 0; has_rollout() && i < record().gates.size() && !interrupted_; ++i) {
    const GateRun& gate = record().gates[i];
    const bool due = gate.name != "approval" && gate.state == strategy::GateState::pending &&
                     (!gate.ask_at || *gate.ask_at <= now());
    if (due) co_await ask_gate(i);
  }
}

boost::asio::awaitable<void> Driver::ask_gate(std::size_t index) {
  const std::int64_t version = rollout_->version;
  const GateRun asked = record().gates[index];
  const Rollout& rollout = record().rollout;
  gate::CheckRequest request{.settings = asked.settings,
                             .tenant = tenant_,
                             .application = name_,
                             .rollout = rollout.id,
                             .from_release = rollout.from_release,
                             .to_release = rollout.to_release,
                             .action = asked.action,
                             .step = rollout.step,
                             .message = asked.message,
                             .now = clock_.wall().now()};
  auto reply = co_await interruptible(bridge::call<gate::Interface, gate::Check>(
      tools_.caller, "gates." + asked.name, request, context(tools_.settings.budgets.gate)));
  if (!reply.ok() && interrupted_) co_return;
  const auto turn = co_await turns_.take();
  if (stale_ || !has_rollout() || rollout_->version != version) co_return;
  const gate::CheckReply answer =
      reply.ok()
          ? *reply
          : gate::CheckReply{.reason = "binding gates." + asked.name + " can't be asked: " + to_string(reply.status())};
  GateRun told = asked;
  told.state = answer.state;
  told.reason = answer.reason;
  const Instant latest = now() + tools_.settings.ask_again;
  const Instant retry_at = answer.retry_at ? *answer.retry_at + clock_.lead() : latest;
  told.ask_at = std::clamp(retry_at, now() + seconds(1), latest);
  if (told.state == strategy::GateState::pending) {
    rollout_->value.gates[index] = std::move(told);
    co_return;
  }
  const std::string reason = "gate " + told.name + " is " + std::string(to_name(told.state)) + ": " + told.reason;
  const bool no_way_on = told.state == strategy::GateState::closed && told.action == gate::Action::advance;
  Change change{.record = record(), .kind = "gate", .reason = reason};
  change.record.gates[index] = std::move(told);
  if (no_way_on && world_) change = turn_back(record(), reason, *world_, now());
  (void)co_await commit(std::move(change));
}

}  // namespace slipway::rollout
