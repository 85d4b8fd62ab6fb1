// The half of Pool that goes on by itself: the machine's own sign of life, who else is alive, and what was written.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "plugins/providers/local/pool/pool.hpp"

namespace slipway::local {
namespace {

using std::chrono::steady_clock;

constexpr Span kShortest(50);
constexpr std::chrono::seconds kBusy(20);
constexpr std::int64_t kForgottenAfter = seconds(24LL * 3600).ns;
constexpr std::int64_t kNewsKept = 1000;

std::string seconds_text(std::int64_t ns) { return std::to_string(ns / 1'000'000'000) + " s"; }

}  // namespace

Pool::Pool(boost::asio::any_io_executor executor, PoolSettings settings, Reconciler& reconciler, PoolStore& store,
           Notices& notices)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      reconciler_(reconciler),
      records_(store, settings_.name, settings_.self.machine),
      notices_(notices),
      wake_(executor_) {}

void Pool::begin() {
  boost::asio::co_spawn(
      executor_, [this]() -> awaitable<void> { co_await keep_beating(); }, boost::asio::detached);
  boost::asio::co_spawn(
      executor_, [this]() -> awaitable<void> { co_await keep_share(); }, boost::asio::detached);
}

awaitable<void> Pool::keep_beating() {
  for (;;) {
    try {
      co_await look_around();
      set_problem(beat_problem_, "");
    } catch (const std::exception& error) {
      set_problem(beat_problem_, std::string("this machine can't tell its pool that it is alive: ") + error.what());
    }
    co_await sleep_for(settings_.between_beats);
  }
}

awaitable<void> Pool::look_around() {
  const Beat beat = co_await records_.beat(settings_.self, forgotten_);
  check_name(beat.version);
  forgotten_.clear();
  const auto members = co_await records_.members();
  tell_damage(members.damaged);
  adopt(members.seen, beat.at);
  looked_at_ = steady_clock::now();
}

void Pool::set_problem(std::string& which, std::string text) {
  if (which == text) return;
  if (!text.empty()) notices_.log(Level::kWarn, "pool: " + text);
  which = std::move(text);
  on_problem_();
}

// Nobody else writes the record of a name, unless two machines have it. Once may be an answer that was lost.
void Pool::check_name(std::int64_t version) {
  const bool foreign = beats_ != 0 && version > beats_ + 1;
  foreign_beats_ = foreign ? foreign_beats_ + 1 : 0;
  beats_ = version;
  const bool shared = foreign_beats_ >= 3;
  set_problem(name_problem_, shared ? "another machine of pool " + settings_.name + " is called " +
                                          settings_.self.machine + " too; give each a pool.machine of its own"
                                    : "");
}

// A live machine writes its record anew with its next beat; that of a dead one stays until somebody removes it.
void Pool::tell_damage(const std::vector<std::string>& damaged) {
  std::string text;
  for (const std::string& one : damaged) text += (text.empty() ? "" : "; ") + one;
  set_problem(record_problem_, text.empty() ? "" : "a machine is left out, for its record is damaged: " + text);
}

void Pool::adopt(const std::vector<SeenMember>& members, Instant now) {
  std::map<std::string, Member> live{{settings_.self.machine, settings_.self}};
  silent_.clear();
  for (const auto& [member, heard_at] : members) {
    const std::int64_t silence = now.ns - heard_at.ns;
    if (silence <= member.lease.ns)
      live[member.machine] = member;
    else if (silence > kForgottenAfter)
      forgotten_.push_back(member.machine);
    else
      silent_[member.machine] = "machine " + member.machine + " (" + member.address + ") has been silent for " +
                                seconds_text(silence) + "; its replicas count as gone";
  }
  for (const auto& [machine, member] : live) {
    if (!live_.contains(machine)) notices_.log(Level::kInfo, "pool: machine " + machine + " takes part");
  }
  for (const auto& [machine, member] : live_) {
    if (live.contains(machine)) continue;
    const auto silent = silent_.find(machine);
    notices_.log(Level::kWarn, "pool: " + (silent != silent_.end() ? silent->second : machine + " is left out"));
  }
  const auto known = [](const Member& a, const Member& b) {
    return std::tie(a.machine, a.address, a.capacity) == std::tie(b.machine, b.address, b.capacity);
  };
  const bool same =
      std::ranges::equal(live, live_, [&](const auto& a, const auto& b) { return known(a.second, b.second); });
  live_ = std::move(live);
  if (same) return;
  cursor_.reset();  // look through everything
  wake_.raise();
}

awaitable<void> Pool::keep_share() {
  for (;;) {
    try {
      co_await hear();
      set_problem(share_problem_, "");
    } catch (const std::exception& error) {
      set_problem(share_problem_, std::string("this machine's share can't be taken up: ") + error.what());
    }
    // However often it is woken: an application that starts tells of each replica.
    co_await sleep_for(std::min(kShortest, settings_.between_looks_when_busy));
    const bool busy = steady_clock::now() < busy_until_;
    const Span pause = busy ? settings_.between_looks_when_busy : settings_.between_looks;
    co_await wake_.wait_until(steady_clock::now() + pause);
  }
}

awaitable<void> Pool::hear() {
  if (live_.empty()) co_return;
  if (!cursor_) co_await hear_everything();
  News news = co_await records_.news(*cursor_);
  if (news.gap) co_return cursor_.reset();
  unheard_.merge(news.applications);
  if (news.last / kNewsKept > *cursor_ / kNewsKept) co_await records_.forget_news(news.last - kNewsKept);
  cursor_ = news.last;
  if (!unheard_.empty() || !untold_.empty()) busy_until_ = steady_clock::now() + kBusy;
  std::exception_ptr failure;
  for (const provider::Target& name : std::exchange(unheard_, {})) {
    try {
      untold_.erase(name);
      co_await take_up(name);
      notices_.changed(name.tenant, name.application);
    } catch (...) {
      failure = std::current_exception();
      unheard_.insert(name);
    }
  }
  for (const provider::Target& name : std::exchange(untold_, {})) {
    try {
      co_await tell(name);
    } catch (...) {
      failure = std::current_exception();
      untold_.insert(name);
    }
  }
  if (failure) std::rethrow_exception(failure);
}

// The place in the news first: what is written meanwhile is news.
awaitable<void> Pool::hear_everything() {
  const std::int64_t newest = co_await records_.newest();
  Names everything = co_await records_.applications();
  unheard_.merge(everything);
  cursor_ = newest;
}

}  // namespace slipway::local
