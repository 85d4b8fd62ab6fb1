#include "host/rollout/ownership.hpp"

#include <algorithm>

#include "host/rollout/hop.hpp"

namespace slipway::rollout {
namespace {

constexpr int kLooksWithoutAWord = 5;  // of a host whose store tells it when others have written

std::string lease_of(const std::string& host) { return "host/" + host; }

Status name_taken(const Status& status, const std::string& name) {
  return {Code::unavailable, "another host works under the name \"" + name + "\": " + status.message +
                                 "; give each host of a store a name of its own (host.name)"};
}

}  // namespace

Ownership::Ownership(boost::asio::any_io_executor executor, Store& store, base::ForwardClock& clock, Timers& timers,
                     const telemetry::Log& log, const EngineSettings& settings)
    : executor_(executor),
      store_(store),
      clock_(clock),
      log_(log),
      settings_(settings),
      turns_(executor),
      lease_wakeup_(executor, clock, timers),
      share_wakeup_(executor, clock, timers),
      ring_share_(share_wakeup_.remote_ring()) {}

storage::ExpectLease Ownership::fence() const { return {lease_of(settings_.host.name), lease_}; }

boost::asio::awaitable<Status> Ownership::join(Work work, Duration patience) {
  work_ = std::move(work);
  const std::int64_t begun = clock_.steady_ns();
  for (;;) {
    const Status status = co_await acquire();
    if (status.ok()) break;
    const std::int64_t waited = clock_.steady_ns() - begun;
    // Whoever has it still after that time renews it.
    if (status.code == Code::failed_precondition && waited > settings_.lease.ns * 3 / 2)
      co_return name_taken(status, settings_.host.name);
    if (stopping_ || waited >= patience.ns) co_return status;
    co_await lease_wakeup_.wait_until(clock_.now() + milliseconds(250));
  }
  const auto turn = co_await turns_.take();
  co_return co_await begin();
}

storage::LeaseRequest Ownership::about(const std::string& host, storage::LeaseAction action) const {
  return {.name = lease_of(host), .owner = settings_.host.instance, .action = action, .ttl = settings_.lease};
}

Later<storage::LeaseReply> Ownership::look(const std::string& host) {
  co_return co_await store_.lease(about(host, storage::LeaseAction::look));
}

// What the roster says of absences, it says in the store's time: the hosts' clocks differ by more than one is away.
Instant Ownership::store_now() const { return store_said_ + nanoseconds(clock_.steady_ns() - store_said_at_); }

void Ownership::store_says(Instant now, std::int64_t asked_ns) {
  store_said_ = now;
  store_said_at_ = asked_ns;
}

// Since when nobody was at work, the lease tells before it is taken, and not any more when the answer to that was lost.
// The store's time then is past everything that is recorded, should the clock have been set back meanwhile.
boost::asio::awaitable<Status> Ownership::acquire() {
  if (!left_) {
    const std::int64_t asked = clock_.steady_ns();
    const auto before = co_await look(settings_.host.name);
    if (!before.ok()) co_return before.status();
    store_says(before->at, asked);
    left_ = before->token == 0 ? before->at : before->changed_at;
    clock_.not_before(before->at);
  }
  const Status taken = co_await ask(storage::LeaseAction::acquire);
  if (taken.code == Code::failed_precondition) left_.reset();  // somebody is at work
  co_return taken;
}

boost::asio::awaitable<Status> Ownership::ask(storage::LeaseAction action) {
  storage::LeaseRequest request = about(settings_.host.name, action);
  request.token = lease_;
  const std::int64_t asked = clock_.steady_ns();
  // One that gets no answer is given up early enough for others before the lease ends.
  const auto reply = co_await store_.lease(std::move(request), nanoseconds(settings_.lease.ns / 4));
  if (!reply.ok()) co_return reply.status();
  store_says(reply->at, asked);
  const bool lapsed = lease_ != 0 && !held();
  // Counted from the question, and a tenth short: the store counts from later, and its clock may be the faster one.
  held_until_ = asked + settings_.lease.ns - settings_.lease.ns / 10;
  lease_ = action == storage::LeaseAction::release ? 0 : reply->token;
  if (lapsed && held()) work_.held_again();
  co_return Status();
}

boost::asio::awaitable<void> Ownership::keep_lease() {
  bool answered = true;
  while (!stopping_) {
    const Duration pause = nanoseconds(settings_.lease.ns / (answered ? 3 : 20));
    co_await lease_wakeup_.wait_until(clock_.now() + pause);
    if (!stopping_) answered = co_await renew();
  }
}

// False when the store did not say what became of it.
boost::asio::awaitable<bool> Ownership::renew() {
  if (lease_ != 0) {
    const Status renewed = co_await ask(storage::LeaseAction::renew);
    if (renewed.ok()) co_return true;
    if (outcome_unknown(renewed)) co_return false;
    log_.warn("the lease of this host is not held", {{"host", settings_.host.name}, {"reason", renewed.message}});
    lease_ = 0;
    disown();
  }
  if (stopping_) co_return true;
  const Status taken = co_await acquire();
  if (!taken.ok()) co_return !outcome_unknown(taken);
  log_.info("the lease of this host is held again", {{"host", settings_.host.name}, {"token", lease_.load()}});
  begin_again();
  co_return true;
}

// Others may be at work meanwhile, so that what is decided here before the roster is read again is told to them.
void Ownership::disown() {
  for (auto& token : tokens_) token = 0;
}

void Ownership::begin_again() {
  begins_again_ = true;
  share_wakeup_.ring();
}

void Ownership::look_soon() {
  told_ = true;
  ring_share_();
}

boost::asio::awaitable<void> Ownership::keep_share() {
  Instant look_at = clock_.now() + settings_.look_around;
  while (!stopping_) {
    co_await share_wakeup_.wait_until(look_at);
    const auto turn = co_await turns_.take();
    const bool told = told_.exchange(false);
    is_told_ = is_told_ || told;
    if (told && !begins_again_ && clock_.now() < look_at) {
      if (held() && company_) co_await follow();
      continue;
    }
    look_at = clock_.now() + settings_.look_around;
    if (stopping_ || !held()) continue;
    Status status;
    if (begins_again_) {
      status = co_await begin();
    } else {
      status = co_await look_around();
    }
    if (company_ && watched_.held_until > clock_.now()) look_at = std::min(look_at, watched_.held_until);
    if (!status.ok()) log_.warn("this host's share of the work could not be looked at", {{"reason", status.message}});
  }
}

boost::asio::awaitable<Status> Ownership::begin() {
  begins_again_ = false;
  const auto left = std::exchange(left_, std::nullopt);
  const Instant seen = left.value_or(store_now());
  const RosterHost self{.name = settings_.host.name,
                        .version = settings_.host.version,
                        .address = settings_.host.address,
                        .joined_at = clock_.now(),
                        .draining = draining_};
  const Change comes = [&](Roster& roster) { rollout::join(roster, self, seen); };
  auto roster = co_await change(comes);
  if (roster.status().code == Code::data_loss) {
    const Status replaced = co_await replace_roster(roster.status());
    if (replaced.ok()) roster = co_await change(comes);
  }
  if (roster.ok()) co_return co_await adopt(*roster);
  begins_again_ = true;
  if (left) left_ = left;
  co_return roster.status();
}

// The others join again as soon as they do not find themselves in it. What they still order until then has older
// tokens.
boost::asio::awaitable<Status> Ownership::replace_roster(Status damage) {
  log_.error("the roster of the store is damaged; it is put aside, and the hosts join a new one",
             {{"tenant", keys::roster().tenant}, {"kind", keys::roster().kind}, {"reason", to_string(damage)}});
  Fences mine;
  mine.push_back(fence());
  co_return co_await store_.replace_roster(std::move(mine), clock_.now());
}

boost::asio::awaitable<Status> Ownership::look_around() {
  const auto roster = co_await store_.roster();
  if (roster.status().code == Code::data_loss) co_return co_await begin();
  if (!roster.ok()) co_return roster.status();
  const std::string& name = settings_.host.name;
  if (host_in(roster->value, name) == nullptr) co_return co_await begin();
  Status status = co_await adopt(roster->value);
  if (!status.ok()) co_return status;
  status = co_await hand_over(roster->value);
  if (status.ok() && company_) status = co_await watch(after(roster->value, name));
  if (status.ok() && company_ && clock_.now() >= follow_by_) co_await follow();
  co_return status;
}

// A word may get lost, so that what nobody tells is found as well.
boost::asio::awaitable<void> Ownership::follow() {
  co_await work_.follow();
  follow_by_ = is_told_ ? clock_.now() + nanoseconds(settings_.look_around.ns * kLooksWithoutAWord) : Instant{};
}

// What the roster says, made true here. What could not be taken up is tried again at the next look.
boost::asio::awaitable<Status> Ownership::adopt(const Roster& roster) {
  company_ = roster.hosts.size() > 1;
  const RosterHost* self = host_in(roster, settings_.host.name);
  draining_ = self != nullptr && self->draining;
  std::vector<TakenPartition> taken;
  std::vector<std::size_t> lost;
  for (std::size_t i = 0; i < kPartitions; ++i) {
    const Partition& partition = roster.partitions[i];
    const bool mine = partition.owner == settings_.host.name;
    if (!mine && tokens_[i].exchange(0) != 0) lost.push_back(i);
    if (mine && partition.next.empty() && tokens_[i].exchange(partition.token) != partition.token)
      taken.push_back({i, absence_of(partition)});
  }
  if (!lost.empty()) co_await work_.let_go(std::move(lost));
  if (!taken.empty()) {
    const Status status = co_await work_.take(taken);
    if (!status.ok()) {
      for (const TakenPartition& partition : taken) tokens_[partition.number] = 0;
      co_return status;
    }
  }
  newest_token_ = roster.token;
  co_return Status();
}

// One that was let go and stays after all, or that is new like the store, has not been without work.
Absence Ownership::absence_of(const Partition& partition) const {
  const Instant now = store_now();
  const bool nobody = partition.token > newest_token_ && partition.left != Instant{} && partition.left < now;
  return nobody ? Absence{partition.left, now - partition.left} : Absence{now, {}};
}

boost::asio::awaitable<Status> Ownership::hand_over(const Roster& roster) {
  std::vector<std::size_t> idle;
  for (std::size_t i = 0; i < kPartitions; ++i) {
    const Partition& partition = roster.partitions[i];
    if (partition.owner != settings_.host.name || partition.next.empty()) continue;
    tokens_[i] = 0;
    idle.push_back(i);
  }
  if (idle.empty()) co_return Status();
  co_await work_.let_go(idle);
  const Change gives = [&](Roster& now) { rollout::hand_over(now, settings_.host.name, idle, store_now()); };
  const auto given = co_await change(gives);
  co_return given.status();
}

// Nobody asks before the lease can have run out. One that is this host's was taken with an answer that got lost.
boost::asio::awaitable<Status> Ownership::watch(std::string host) {
  if (watched_.host != host) watched_ = {.host = host, .held_until = {}, .seen = {}};
  if (clock_.now() < watched_.held_until) co_return Status();
  const auto lease = co_await look(host);
  if (!lease.ok()) co_return lease.status();
  const bool ours = lease->owner == settings_.host.instance;
  if (!ours || watched_.seen == Instant{}) watched_.seen = lease->changed_at;
  if (ours || lease->owner.empty() || lease->expires_at <= lease->at) co_return co_await stand_in_for(std::move(host));
  watched_.held_until = clock_.now() + (lease->expires_at - lease->at);
  co_return Status();
}

// Whoever has the lease of a host may say that it is gone; what that host still writes is refused from then on.
boost::asio::awaitable<Status> Ownership::stand_in_for(std::string host) {
  storage::LeaseRequest request = about(host, storage::LeaseAction::acquire);
  const auto lease = co_await store_.lease(request);
  if (!lease.ok()) co_return lease.status().code == Code::failed_precondition ? Status() : lease.status();
  log_.warn("another host is gone: its lease has run out", {{"host", host}});
  const Store::RosterChange goes = [&](Roster& roster) {
    rollout::lose(roster, host, watched_.seen);
    return true;
  };
  Fences fences;
  fences.push_back({lease_of(host), lease->token});
  fences.push_back(fence());
  const auto roster = co_await store_.change_roster(std::move(fences), goes);
  request.action = storage::LeaseAction::release;
  request.token = lease->token;
  (void)co_await store_.lease(std::move(request));
  if (!roster.ok()) co_return roster.status();
  co_return co_await adopt(*roster);
}

boost::asio::awaitable<void> Ownership::leave() {
  stopping_ = true;
  lease_wakeup_.ring();
  share_wakeup_.ring();
  const auto turn = co_await turns_.take();
  if (lease_ == 0) co_return;
  disown();
  const Change goes = [this](Roster& roster) { rollout::leave(roster, settings_.host.name, store_now()); };
  (void)co_await change(goes);
  (void)co_await ask(storage::LeaseAction::release);
}

Later<std::int64_t> Ownership::renew_token(std::size_t partition) {
  co_return co_await run_on(executor_, renewed_token(partition));
}

Later<std::int64_t> Ownership::renewed_token(std::size_t partition) {
  const auto turn = co_await turns_.take();
  if (!owns(partition)) co_return Status(Code::aborted, "the work is another host's now");
  const std::string& name = settings_.host.name;
  const Change anew = [&](Roster& now) { rollout::renew_token(now, name, partition); };
  const auto roster = co_await change(anew);
  if (!roster.ok()) co_return roster.status();
  const Partition& mine = roster->partitions[partition];
  if (mine.owner != name || !mine.next.empty() || !owns(partition))
    co_return Status(Code::aborted, "the work is another host's now");
  tokens_[partition] = mine.token;
  co_return mine.token;
}

Later<Roster> Ownership::change(Change change) {
  Fences mine;
  mine.push_back(fence());
  const Store::RosterChange always = [&change](Roster& roster) {
    change(roster);
    return true;
  };
  co_return co_await store_.change_roster(std::move(mine), always);
}

}  // namespace slipway::rollout
