// The half of Replica that has to do with its process: start, end, checks.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "plugins/providers/local/replica/replica.hpp"

namespace slipway::local {
namespace {

using std::chrono::steady_clock;

// A replica that starts is asked more often than its interval says, so that it serves soon.
constexpr Span kWhileStarting(100);
constexpr Span kStartingAtMost(10'000);

std::string seconds_text(Span span) {
  const auto tenths = (span.count() + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string question(const provider::Check& check) {
  switch (check.kind) {
    case provider::CheckKind::http:
      return "GET " + check.path;
    case provider::CheckKind::tcp:
      return "TCP";
    case provider::CheckKind::command:
      return check.command.empty() ? "command" : check.command.front();
  }
  return "check";
}

}  // namespace

awaitable<void> Replica::start() {
  tools_.ports.give_back(static_cast<std::uint16_t>(record_.port));
  record_.port = 0;
  try {
    record_.port = tools_.ports.take();
    command_ = co_await tools_.preparer.prepare(release_, place());
    if (facts_.goal == Goal::kLeave) co_return;
    if (listener_ != nullptr) listener_->replica_starting();
    process_ = tools_.processes.start(*command_);
  } catch (const std::exception& error) {
    co_return start_failed(error.what());
  }
  record_.pid = process_->pid();
  record_.start_time = static_cast<std::int64_t>(process_->start_time());
  record_.started_at = tools_.wall();
  facts_.alive = true;
  facts_.passing = false;
  started_ = steady_clock::now();
  unready_for_.clear();
  watch(process_);
  changed();
}

void Replica::start_failed(const std::string& why) {
  const auto wait = backoff_.ended(Span(0), tools_.random());
  record_.ends_in_a_row = backoff_.ends_in_a_row();
  facts_.start_at = steady_clock::now() + wait;
  problem_ = "replica " + record_.id + " can't start: " + why;
  tools_.notices.log(Level::kWarn, problem_);
  changed();
}

void Replica::watch(std::shared_ptr<Process> process) {
  process_ = process;
  const auto spawn = [&](auto member) {
    boost::asio::co_spawn(
        tools_.executor,
        [self = shared_from_this(), process, member]() -> awaitable<void> { co_await ((*self).*member)(process); },
        boost::asio::detached);
  };
  spawn(&Replica::watch_end);
  spawn(&Replica::watch_readiness);
  if (release_.liveness) spawn(&Replica::watch_liveness);
}

awaitable<void> Replica::watch_end(std::shared_ptr<Process> process) {
  const Exit exit = co_await process->ended(Leftovers::kKill);
  if (process_ == process) ended(exit);
}

void Replica::ended(const Exit& exit) {
  // When one that ended while nobody watched it did so is not known.
  const bool watched = started_ != Moment{};
  const Span ran = watched ? std::chrono::duration_cast<Span>(steady_clock::now() - started_) : Span(0);
  process_.reset();
  record_.pid = 0;
  record_.start_time = 0;
  facts_.alive = facts_.passing = false;
  if (std::exchange(record_.listed, false) && backend_) tools_.proxy.withdraw(*backend_, server());
  if (facts_.goal == Goal::kServe) {
    const auto wait = backoff_.ended(ran, tools_.random());
    facts_.start_at = steady_clock::now() + wait;
    record_.ends_in_a_row = backoff_.ends_in_a_row();
    ++record_.restarts;
    problem_ =
        "replica " + record_.id + " " + to_string(exit) + (watched ? " after " + seconds_text(ran) : " meanwhile");
    if (facts_.condemned) problem_ += ", restarted because its liveness check failed";
    if (backoff_.ends_in_a_row() > 1) problem_ += ", " + std::to_string(backoff_.ends_in_a_row()) + " times in a row";
    problem_ += "; started again in " + seconds_text(wait);
    if (command_) problem_ += "; see " + command_->log_file;
    tools_.notices.log(Level::kWarn, problem_);
  }
  changed();
  wake_.raise();
}

awaitable<std::string> Replica::ask(const provider::Check& check) {
  if (check.kind == provider::CheckKind::command && !command_) {
    // Adopted: its environment is not known in this process.
    try {
      command_ = co_await tools_.preparer.prepare(release_, place());
    } catch (const std::exception& error) {
      co_return error.what();
    }
  }
  // A name of its own: GCC 12 destroys a conditional temporary inside co_await twice.
  const Command like = command_.value_or(Command());
  co_return co_await tools_.checker.ask(check, static_cast<std::uint16_t>(record_.port), like);
}

awaitable<void> Replica::watch_readiness(std::shared_ptr<Process> process) {
  const provider::Check check = release_.readiness;
  CheckSeries series(check.successes, check.failures);
  if (facts_.passing)
    series = CheckSeries(check.successes, check.failures, Health::kGood);
  else
    co_await sleep_for(span_of(check.initial_delay));
  while (process_ == process) {
    const std::string reason = co_await ask(check);
    if (process_ != process) co_return;
    const Health health = reason.empty() ? series.passed() : series.failed();
    set_passing(health, reason);
    const bool starting = health == Health::kUnknown || !facts_.passing;
    const bool soon = starting && steady_clock::now() - started_ < kStartingAtMost;
    const Span interval = span_of(check.interval);
    const Span pause = soon ? std::min(kWhileStarting, interval) : interval;
    co_await sleep_for(pause);
  }
}

void Replica::set_passing(Health health, const std::string& reason) {
  const bool passing = health == Health::kGood;
  // Who asks why a rollout waits hunts the wrong fault with a reason that is over.
  bool news = passing != facts_.passing;
  if (!passing && !reason.empty()) {
    news = news || reason != unready_for_;
    unready_for_ = reason;
    const auto since = std::chrono::duration_cast<Span>(steady_clock::now() - started_);
    problem_ = "replica " + record_.id + " does not pass its readiness check (" + question(release_.readiness) +
               "): " + reason + ", " + seconds_text(since) + " after its start";
  } else if (passing && facts_.listing == Listing::kServing) {
    problem_.clear();
    if (steady_clock::now() - started_ >= tools_.backoff.forgiven_after && backoff_.ends_in_a_row() > 0) {
      backoff_.forgive();
      record_.ends_in_a_row = 0;
    }
  }
  if (std::exchange(facts_.passing, passing) != passing) wake_.raise();
  if (news) changed();
}

awaitable<void> Replica::watch_liveness(std::shared_ptr<Process> process) {
  const provider::Check check = *release_.liveness;
  CheckSeries series(check.successes, check.failures);
  co_await sleep_for(span_of(check.initial_delay));
  while (process_ == process) {
    const std::string reason = co_await ask(check);
    if (process_ != process) co_return;
    if ((reason.empty() ? series.passed() : series.failed()) == Health::kBad) {
      tools_.notices.log(Level::kWarn,
                         "replica " + record_.id + " of " + application_ + " fails its liveness check: " + reason);
      facts_.condemned = true;
      facts_.leave_by = steady_clock::now() + tools_.drain_limit;
      wake_.raise();
      co_return;
    }
    co_await sleep_for(span_of(check.interval));
  }
}

}  // namespace slipway::local
