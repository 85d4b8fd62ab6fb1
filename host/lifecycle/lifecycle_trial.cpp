// A share of the calls for new generations, until it is known whether they shall have all of them.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "host/lifecycle/lifecycle.hpp"

namespace slipway::lifecycle {

// A new generation on trial, and what was last said of it.
struct Lifecycle::Candidate {
  GenerationPtr fresh;
  GenerationPtr old;
  bridge::Tally::Counts at_first;  // of the old one
  Opinion last{Word::unknown, "nobody has judged it"};

  [[nodiscard]] Tried tried() const {
    return {fresh->plan().name, fresh->tally->counts(), old->tally->counts() - at_first};
  }
  [[nodiscard]] Status withdrawn(const std::string& why) const {
    return {Code::aborted, fresh->title() + " was withdrawn: " + why};
  }
};

namespace {

std::string reason_at_the_end(const Tried& tried, const Opinion& last, std::uint64_t wanted) {
  const std::string over = "its trial is over without a verdict: ";
  if (tried.fresh.calls == 0) return over + "it was not called once; try it longer, or with a larger share";
  if (last.word == Word::unknown) return over + last.reason;
  return over + "it was called " + std::to_string(tried.fresh.calls) + " times and the old one " +
         std::to_string(tried.old.calls) + " times, and " + std::to_string(wanted) +
         " calls of each are wanted; try it longer, or with another share";
}

bool is_enough(const Tried& tried, std::uint64_t wanted) {
  return tried.fresh.calls >= wanted && tried.old.calls >= wanted;
}

}  // namespace

std::vector<Lifecycle::Candidate> Lifecycle::put_on_trial(const Exchange& exchange, std::uint32_t share) {
  std::vector<Candidate> candidates;
  for (const Succession& succession : exchange.successions) {
    if (succession.hand_over != HandOver::beside) continue;
    auto trial = std::make_shared<bridge::Trial>();
    trial->way = {succession.fresh->instance, base::to_string(succession.fresh->plan().package.manifest.version),
                  succession.fresh->tally};
    trial->share = share;
    trials_[succession.old->plan().name] = std::move(trial);
    candidates.push_back({succession.fresh, succession.old, succession.old->tally->counts()});
  }
  return candidates;
}

boost::asio::awaitable<Status> Lifecycle::try_out(Exchange& exchange, const TryOut& how) {
  auto candidates = put_on_trial(exchange, how.share);
  if (candidates.empty()) {
    co_return Status(Code::failed_precondition,
                     "nothing of this change can be tried out: the new generation can't run beside the old one; apply "
                     "it without a share");
  }
  publish();
  auto verdict = co_await reach_verdict(candidates, how);
  trials_.clear();
  publish();
  if (!verdict.ok()) co_return verdict.status();
  if (how.passed) how.passed(*std::move(verdict));
  co_return Status();
}

// The reason of the promotion, or of the withdrawal as a status.
boost::asio::awaitable<Result<std::string>> Lifecycle::reach_verdict(std::vector<Candidate>& candidates,
                                                                     const TryOut& how) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(how.length.ns);
  boost::asio::steady_timer timer(strand_);
  std::vector<Candidate*> open;
  for (Candidate& one : candidates) open.push_back(&one);
  while (true) {
    timer.expires_at(std::min(end, std::chrono::steady_clock::now() + std::chrono::nanoseconds(how.look.ns)));
    co_await timer.async_wait(boost::asio::use_awaitable);
    if (stopping_) co_return candidates.front().withdrawn("the host stops before its trial is over");
    if (const std::string other = what_can_not_wait(); !other.empty())
      co_return candidates.front().withdrawn("its trial makes room for " + other);
    const bool is_over = std::chrono::steady_clock::now() >= end;
    for (Candidate* one : open) {
      one->last = co_await how.judge(one->tried());
      if (const std::string crash = one->fresh->crash(); !crash.empty()) co_return one->withdrawn("it " + crash);
      if (one->fresh->is_down()) one->last = {Word::unknown, "its worker has just ended"};
      if (one->last.word == Word::fail) co_return one->withdrawn(one->last.reason);
      const bool was_called = one->fresh->tally->counts().calls > 0;
      if (one->last.word == Word::pass && !was_called) one->last.word = Word::unknown;
    }
    std::erase_if(open, [](const Candidate* one) { return one->last.word == Word::pass; });
    if (open.empty()) co_return candidates.back().last.reason;
    if (!is_over) continue;
    for (const Candidate* one : open) {
      const Tried tried = one->tried();
      if (one->last.word != Word::proceed || !is_enough(tried, how.calls))
        co_return one->withdrawn(reason_at_the_end(tried, one->last, how.calls));
    }
    co_return open.back()->last.reason;
  }
}

}  // namespace slipway::lifecycle
