#include "plugins/providers/local/replica/replica.hpp"

#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace slipway::local {
namespace {

using std::chrono::steady_clock;

constexpr Span kAfterFailure(200);
constexpr Span kBetweenLooks(25);
constexpr Span kBetweenCounts(10);

}  // namespace

Replica::Replica(ReplicaTools& tools, Listener& listener, std::string tenant, std::string application,
                 provider::Release release, ReplicaRecord record)
    : tools_(tools),
      listener_(&listener),
      tenant_(std::move(tenant)),
      application_(std::move(application)),
      release_(std::move(release)),
      record_(std::move(record)),
      backoff_(tools.backoff, record_.ends_in_a_row),
      wake_(tools.executor) {
  facts_.goal = record_.leaving ? Goal::kLeave : Goal::kServe;
  facts_.listing_known = false;
}

void Replica::begin() {
  if (!guest()) tools_.preparer.keep(place());
  adopt();
  boost::asio::co_spawn(
      tools_.executor, [self = shared_from_this()]() -> awaitable<void> { co_await self->run(); },
      boost::asio::detached);
}

void Replica::adopt() {
  if (guest()) {
    // Its machine starts it, checks it and tells when it is to be taken out.
    facts_.alive = facts_.passing = true;
    facts_.listing = record_.listed ? Listing::kServing : Listing::kAbsent;
    if (record_.listed && backend_) tools_.proxy.recall(*backend_, server());
    return;
  }
  if (record_.port == 0) return;
  tools_.ports.keep(static_cast<std::uint16_t>(record_.port));
  std::shared_ptr<Process> found =
      record_.pid != 0 ? tools_.processes.adopt(record_.pid, static_cast<std::uint64_t>(record_.start_time))
                       : tools_.processes.find(identity_entry(place()));
  if (!found) return ended({});
  record_.pid = found->pid();
  record_.start_time = static_cast<std::int64_t>(found->start_time());
  facts_.alive = true;
  // It served when we last looked; its checks tell when that has changed.
  facts_.passing = record_.listed;
  facts_.listing = record_.listed ? Listing::kServing : Listing::kAbsent;
  if (record_.listed && backend_) tools_.proxy.recall(*backend_, server());
  started_ = steady_clock::now();
  watch(std::move(found));
}

void Replica::leave() {
  if (facts_.goal == Goal::kLeave) return;
  facts_.goal = Goal::kLeave;
  facts_.leave_by = steady_clock::now() + tools_.drain_limit;
  record_.leaving = true;
  wake_.raise();
}

void Replica::set_backend(std::optional<std::string> backend) {
  if (backend == backend_) return;
  backend_ = std::move(backend);
  facts_.listing_known = false;
  wake_.raise();
}

void Replica::hold(bool held) {
  if (std::exchange(facts_.held, held) == held) return;
  wake_.raise();
}

void Replica::proxy_changed() {
  facts_.listing_known = false;
  wake_.raise();
}

awaitable<void> Replica::run() {
  while (!gone_) {
    facts_.has_backend = backend_ && tools_.proxy.has_backend(*backend_);
    facts_.may_be_routed_to = !tools_.proxy.is_down();
    const NextStep next = next_step(facts_, steady_clock::now());
    if (next.step == Step::kWait) {
      co_await wake_.wait_until(next.due);
      continue;
    }
    bool failed = false;
    try {
      co_await perform(next.step);
    } catch (const std::exception& error) {
      tools_.notices.log(Level::kWarn, "replica " + record_.id + " of " + application_ + ": " + error.what());
      facts_.listing_known = false;
      failed = true;
    }
    if (failed) co_await wake_.wait_until(steady_clock::now() + kAfterFailure);
  }
}

awaitable<void> Replica::perform(Step step) {
  switch (step) {
    case Step::kStart:
      co_return co_await start();
    case Step::kLook:
      co_return co_await look();
    case Step::kList:
      co_return co_await list();
    case Step::kProve:
      co_return co_await prove();
    case Step::kAdmit:
      co_return co_await admit();
    case Step::kDrain:
      co_return co_await drain();
    case Step::kCount:
      co_return co_await count();
    case Step::kUnlist:
      co_return co_await unlist();
    case Step::kTerminate:
      co_return terminate();
    case Step::kKill:
      co_return kill();
    case Step::kAbsolve:
      co_return absolve();
    case Step::kForget:
      co_return forget();
    case Step::kWait:
      co_return;
  }
}

awaitable<void> Replica::look() {
  const Server own = server();
  const ServerView view = co_await tools_.proxy.look(*backend_, own);
  if (view.exists && view.address != server().address) {
    // Left over from a process that this replica had before.
    co_await tools_.proxy.remove(*backend_, own);
    co_return;
  }
  facts_.listing_known = true;
  if (!view.exists || view.raw)
    facts_.listing = Listing::kAbsent;
  else if (!view.open)
    facts_.listing = view.healthy ? Listing::kProven : Listing::kUnproven;
  else if (record_.listed || facts_.goal == Goal::kLeave || facts_.condemned || !facts_.passing)
    facts_.listing = Listing::kServing;
  else
    facts_.listing = Listing::kProven;
  // Drained before, and open again in a HAProxy that came up since. What ends already goes on ending.
  if (view.exists && view.open && !record_.listed && !facts_.terminating) facts_.draining = false;
  changed();
}

awaitable<void> Replica::list() {
  const Server own = server();
  co_await tools_.proxy.add(*backend_, own);
  facts_.listing = Listing::kUnproven;
}

awaitable<void> Replica::prove() {
  const Server own = server();
  const ServerView view = co_await tools_.proxy.look(*backend_, own);
  const bool there = view.exists && !view.raw;
  if (there && !view.healthy) {
    note_proxys_check(view.check);
    co_return co_await wake_.wait_until(steady_clock::now() + kBetweenLooks);
  }
  facts_.listing = there ? Listing::kProven : Listing::kAbsent;
}

void Replica::note_proxys_check(const std::string& said) {
  if (said.empty() || said.find("INI") != said.npos) return;
  std::string problem =
      "replica " + record_.id + " passes its readiness check here, but not the one that HAProxy makes: " + said;
  if (problem == problem_) return;
  problem_ = std::move(problem);
  changed();
}

awaitable<void> Replica::admit() {
  const Server own = server();
  co_await tools_.proxy.admit(*backend_, own);
  facts_.listing = Listing::kServing;
  record_.listed = true;
  record_.ready_since = tools_.wall();
  problem_.clear();
  changed();
}

awaitable<void> Replica::drain() {
  record_.listed = false;
  const Server own = server();
  co_await tools_.proxy.drain(*backend_, own);
  facts_.listing = Listing::kDraining;
  if (facts_.goal == Goal::kLeave || facts_.condemned) {
    facts_.draining = true;
    facts_.busy = true;
    facts_.drain_until = steady_clock::now() + tools_.drain_limit;
  }
  changed();
}

awaitable<void> Replica::count() {
  const Server own = server();
  const ServerView view = co_await tools_.proxy.look(*backend_, own);
  facts_.busy = view.requests > 0;
  if (facts_.busy) co_await sleep_for(kBetweenCounts);
}

awaitable<void> Replica::unlist() {
  const Server own = server();
  const bool removed = co_await tools_.proxy.remove(*backend_, own);
  if (!removed) co_return co_await sleep_for(kAfterFailure);
  facts_.listing = Listing::kAbsent;
  changed();
}

void Replica::terminate() {
  if (record_.listed && backend_) tools_.proxy.withdraw(*backend_, server());
  record_.listed = false;
  if (guest()) {
    facts_.alive = false;
    return;
  }
  process_->signal(SIGTERM);
  facts_.terminating = true;
  facts_.kill_at = steady_clock::now() + std::chrono::nanoseconds(release_.stop_grace.ns);
}

void Replica::kill() {
  tools_.notices.log(Level::kWarn, "replica " + record_.id + " of " + application_ + " did not end within " +
                                       to_string(release_.stop_grace) + " of SIGTERM and is killed");
  process_->kill_all();
  facts_.killed = true;
}

void Replica::absolve() {
  facts_.condemned = false;
  reset_leaving();
}

void Replica::forget() {
  gone_ = true;
  if (!guest()) {
    tools_.ports.give_back(static_cast<std::uint16_t>(record_.port));
    tools_.preparer.clean_up(place());
  }
  if (listener_ != nullptr) listener_->replica_gone(record_.id);
}

void Replica::reset_leaving() { facts_.draining = facts_.terminating = facts_.killed = facts_.busy = false; }

void Replica::changed() {
  if (listener_ != nullptr) listener_->replica_changed();
}

Server Replica::server() const {
  const provider::Check& check = release_.readiness;
  return {record_.id,
          guest() ? record_.guest : tools_.address + ":" + std::to_string(record_.port),
          {span_of(check.interval), span_of(check.timeout), check.successes, check.failures}};
}

ReplicaPlace Replica::place() const {
  return {tenant_, application_, record_.id, static_cast<std::uint16_t>(record_.port)};
}

}  // namespace slipway::local
