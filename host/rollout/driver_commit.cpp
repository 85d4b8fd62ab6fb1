// How a driver reads what is stored, and how a decision becomes durable.
#include <algorithm>

#include "host/bridge/typed_call.hpp"
#include "host/rollout/baseline.hpp"
#include "host/rollout/claims.hpp"
#include "host/rollout/damage.hpp"
#include "host/rollout/decision_spans.hpp"
#include "host/rollout/driver.hpp"

namespace slipway::rollout {
namespace {

// A damage is told once, not at each look. What waits for the record is taken up when it can be read again.
void reading_failed(const Tools& tools, Troubles& troubles, const std::string& tenant, const Status& status,
                    Instant now) {
  if (troubles.of("storage") == nullptr) report_damage(tools.log, tenant, status);
  troubles.failed("storage", status, now);
}

}  // namespace

boost::asio::awaitable<Status> Driver::load() {
  auto application = co_await tools_.store.application(tenant_, name_);
  ++touches_;
  if (!application.ok()) {
    if (application.status().code == Code::not_found) {
      deleted();
      if (owned()) begin_removal();  // whoever asked for it may not know that it was stored
    } else {
      reading_failed(tools_, troubles_, tenant_, application.status(), now());
    }
    co_return application.status();
  }
  Found found{.application = std::move(*application)};
  if (!found.application.value.rollout.empty()) {
    auto stored = co_await tools_.store.rollout(tenant_, found.application.value.rollout);
    if (!stored.ok()) {
      reading_failed(tools_, troubles_, tenant_, stored.status(), now());
      co_return stored.status();
    }
    found.rollout = std::move(*stored);
  }
  learn(std::move(found));
  co_return Status();
}

// What comes under the name is another application.
void Driver::deleted() {
  application_.reset();
  rollout_.reset();
  releases_.clear();
  world_.reset();
  applied_generation_ = -1;
  stale_ = false;
  count();
}

void Driver::learn(Found found) {
  if (found.rollout) {
    auto& generation = found.application.value.generation;
    generation = std::max(generation, found.rollout->value.order.generation);
  }
  // Another host's clock may be ahead of this one's: what it noted would lie in the future, and a pause last for so
  // long. Only this rollout's time goes on from there.
  clock_.not_before(tools_.clock.now());
  if (found.rollout) clock_.not_before(found.rollout->value.rollout.updated_at);
  troubles_.fine("storage");
  application_ = std::move(found.application);
  rollout_ = std::move(found.rollout);
  releases_.merge(found.releases);
  verdicts_.clear();
  notes_ = false;
  waiting_ = has_rollout() ? record().wait : strategy::Wait{};
  count_absence();
  stale_ = false;
  note_use();
  count();
  sync_analyses();
}

// The clocks of two hosts, and of the store, differ by more than one is away. So the time that counts for the rollout
// is what somebody was at work after its last decision, by the store's clock; the rest of the time since then, by this
// host's, does not count.
void Driver::count_absence() {
  const auto left = std::exchange(left_, std::nullopt);
  if (!left || !has_rollout() || rollout_->updated_at == Instant{}) return;
  const Duration worked = std::max(Duration{}, *left - rollout_->updated_at);
  const Duration since_decided = now() - record().rollout.updated_at;
  alone_since_ = clock_.steady_ns() - std::max(Duration{}, since_decided - worked).ns;
}

// Whenever what is in memory is what is stored.
void Driver::count() {
  const auto state = has_rollout() && owned() ? std::optional(record().rollout.state) : std::nullopt;
  tools_.census.moved(std::exchange(counted_, state), state, std::move(place_));
}

boost::asio::awaitable<Status> Driver::load_releases(const Order& order) {
  Releases wanted;
  for (const OrderedGroup& group : order.groups) {
    const std::string name = kept_name(group.release);
    const auto have = releases_.find(name);
    if (have != releases_.end()) {
      wanted.insert(*have);
      continue;
    }
    auto stored = co_await tools_.store.release(tenant_, name_, name);
    if (!stored.ok()) co_return stored.status();
    wanted[name] = std::make_shared<const provider::Release>(std::move(stored->value.spec));
  }
  releases_ = std::move(wanted);
  co_return Status();
}

// Verdicts that are to be committed with the next decision. When that fails, all is read again and measured anew.
void Driver::take_verdicts(Draft& draft) {
  draft.journal.insert(draft.journal.begin(), verdicts_.begin(), verdicts_.end());
  for (const JournalEntry& verdict : verdicts_)
    draft.events.push_back(event_of("rollout.verdict", draft.record, verdict.reason, now()));
  verdicts_.clear();
}

// The turn is held. On failure what is in memory is given up and read again: the write may have happened.
boost::asio::awaitable<Status> Driver::commit(Change&& change) { return commit_with(std::move(change), {}); }

boost::asio::awaitable<Status> Driver::commit_with(Change&& change, storage::WriteRequest beside) {
  if (!has_lease()) co_return troubles_.of(kLease)->status;
  const std::int64_t began = clock_.steady_ns();
  const bool good = change.good;
  Draft draft = draft_of(std::move(change), *application_, has_rollout() ? &*rollout_ : nullptr,
                         world_ ? &*world_ : nullptr, now());
  draft.fence = tools_.ownership.fence();
  take_verdicts(draft);
  if (good) {
    const Application& application = draft.application ? draft.application->value : application_->value;
    auto release = co_await tools_.store.release(tenant_, name_, application.stable_release);
    if (release.ok() && !release->value.good) {
      release->value.good = true;
      release->value.updated_at = now();
      draft.good_release = std::move(*release);
    }
  }
  storage::WriteRequest batch = batch_of(draft);
  join(batch, std::move(beside));
  DecisionSpans spans(tools_.tracer, draft.record.rollout, draft.journal);
  std::string part_of = spans.last();
  if (part_of.empty()) part_of = trace();
  const auto reply = co_await write(std::move(batch), std::move(part_of));
  if (!reply.ok()) {
    spans.fail(reply.status());
    co_return reply.status();
  }
  took(tools_.times.commit, began);
  if (!spans.goes_on_from().empty()) decided_ = {draft.record.rollout.id, spans.goes_on_from()};
  adopt(std::move(draft), *reply);
  co_return Status();
}

// Repeats the same batch while its outcome is unknown; after a while the store is asked what became of it.
boost::asio::awaitable<Result<storage::WriteReply>> Driver::write(storage::WriteRequest batch, std::string trace) {
  const std::int64_t until = clock_.steady_ns() + tools_.settings.write_patience.ns;
  const bool told = !owned();
  if (told) append_notice(batch, {tenant_, name_});
  Wakeup pause(strand_, clock_, tools_.timers);
  for (;;) {
    auto reply = co_await tools_.store.write(batch, trace);
    ++touches_;
    if (reply.ok()) {
      troubles_.fine("storage");
      if (!told && !owned()) co_await tell_owner();
      co_return reply;
    }
    troubles_.failed("storage", reply.status(), now());
    const bool again = outcome_unknown(reply.status()) && !stopping_ && clock_.steady_ns() < until;
    if (again) {
      co_await pause.wait_until(troubles_.of("storage")->retry_at);
      continue;
    }
    stale_ = true;
    if (!outcome_unknown(reply.status())) co_return reply.status();
    look_later();
    co_return Status(Code::unavailable, "the store does not take the decision: " + reply.status().message);
  }
}

// The application was handed over while its write was under way, and its new owner may have read it before. Told once:
// a host that missed it looks again when the application's shares move, or somebody speaks.
boost::asio::awaitable<void> Driver::tell_owner() {
  storage::WriteRequest batch;
  append_notice(batch, {tenant_, name_});
  (void)co_await tools_.store.write(batch, std::string());
}

// What nobody waits for any more may still be stored.
void Driver::look_later() {
  auto look = [](std::shared_ptr<Driver> self) -> boost::asio::awaitable<void> {
    Wakeup pause(self->strand_, self->clock_, self->tools_.timers);
    co_await pause.wait_until(self->now() + self->tools_.settings.budgets.storage);
    const bool knows = co_await self->knows_all();
    if (!knows) co_await self->read_again();
  };
  boost::asio::co_spawn(strand_, look(shared_from_this()), boost::asio::detached);
}

// So that a loop is not interrupted, and a plugin's answer not thrown away, for nothing.
boost::asio::awaitable<bool> Driver::knows_all() {
  const auto turn = co_await turns_.take();
  if (stale_ || !application_) co_return false;
  co_return co_await is_current();
}

void Driver::adopt(Draft&& draft, const storage::WriteReply& reply) {
  tell(draft);
  if (!draft.events.empty()) tools_.trimmer.stored(tenant_, reply.sequences.back());
  if (draft.application) {
    application_ = std::move(draft.application);
    application_->version = reply.versions.at(1);
  }
  application_->value.generation = draft.generation;
  verdicts_.clear();
  notes_ = false;
  written_at_ = now();
  if (has_ended(draft.record.rollout.state)) {
    rollout_.reset();
    waiting_ = {};
  } else {
    waiting_ = draft.record.wait;
    rollout_ = Stored<Record>{std::move(draft.record), reply.versions.at(0)};
  }
  note_use();
  count();
  sync_analyses();
}

void Driver::tell(const Draft& draft) {
  const Rollout& rollout = draft.record.rollout;
  for (const JournalEntry& entry : draft.journal) {
    tools_.metrics.counter(telemetry::metric::kDecisions, {rollout.strategy.name, entry.kind}).add();
    tools_.log.info("decided", {{"tenant", tenant_},
                                {"application", name_},
                                {"rollout", rollout.id},
                                {"kind", entry.kind},
                                {"state", to_name(rollout.state)},
                                {"step", rollout.step},
                                {"reason", entry.reason},
                                {"request_id", entry.request_id},
                                {"traceparent", entry.traceparent}});
  }
  if (has_ended(rollout.state))
    tools_.metrics.counter(telemetry::metric::kRolloutsFinished, {rollout.strategy.name, to_name(rollout.state)}).add();
  for (const Event& event : draft.events) tools_.metrics.counter(telemetry::metric::kEvents, {event.type}).add();
  if (!draft.events.empty()) tools_.feed.published(tenant_);
}

// The provider has seen a newer order than ours, as after the store was restored: ours becomes newer still.
boost::asio::awaitable<Status> Driver::outrun() {
  auto seen = co_await bridge::call<provider::Interface, provider::Observe>(tools_.caller, "provider", target(),
                                                                            context(tools_.settings.budgets.observe));
  if (!seen.ok()) co_return seen.status();
  const auto turn = co_await turns_.take();
  const std::int64_t newest = seen->generation;
  if (!has_rollout()) co_return co_await outrun_steady(newest);
  see(std::move(*seen));
  if (newest <= record().order.generation) co_return Status();
  application_->value.generation = newest;
  Change change{.record = record(),
                .kind = "resumed",
                .reason = "the provider has seen order " + std::to_string(newest) + ", newer than " +
                          std::to_string(record().order.generation)};
  change.record.order.generation = kUnnumbered;
  co_return co_await commit(std::move(change));
}

// The same for an application on which nothing is under way. The turn is held.
boost::asio::awaitable<Status> Driver::outrun_steady(std::int64_t seen) {
  if (!application_ || seen <= application_->value.generation) co_return Status();
  Stored<Application> next = *application_;
  next.value.generation = seen + 1;
  next.value.updated_at = now();
  storage::WriteRequest batch;
  batch.expect.push_back({keys::application(tenant_, name_), next.version});
  batch.expect_leases.push_back(tools_.ownership.fence());
  batch.puts.push_back({keys::application(tenant_, name_), encode_text(next.value)});
  const auto reply = co_await write(std::move(batch), trace());
  if (!reply.ok()) co_return reply.status();
  next.version = reply->versions.at(0);
  application_ = std::move(next);
  co_return Status();
}

}  // namespace slipway::rollout
