// After a change: the old generations are kept for a while, and end when nobody needs them.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iterator>
#include <ranges>
#include <sstream>

#include "host/config/fault.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/lifecycle/watching.hpp"

namespace slipway::lifecycle {
namespace {

constexpr std::chrono::milliseconds kWatchEvery{200};
constexpr const char* kReturn = "the host's return to the profile before";
// Parked generations that are still shown.
constexpr std::ptrdiff_t kMaxParked = 64;

// How a worker ended.
constexpr std::chrono::seconds kUntilItIsKnown{5};

bool any_down(const Exchange& exchange) {
  return std::ranges::any_of(exchange.successions, [](const Succession& one) { return one.fresh->is_down(); });
}

Generations old_of(const Exchange& exchange) {
  Generations old = exchange.leaving;
  for (const Succession& succession : exchange.successions) {
    if (succession.old) old.push_back(succession.old);
  }
  return old;
}

boost::asio::awaitable<void> rest(boost::asio::steady_timer& timer, std::chrono::nanoseconds time) {
  timer.expires_after(time);
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

std::string percent(double ratio) {
  std::ostringstream text;
  text << ratio * 100 << "%";
  return text.str();
}

}  // namespace

void Lifecycle::attend(boost::asio::awaitable<void> work) {
  boost::asio::co_spawn(strand_, std::move(work), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

boost::asio::awaitable<void> Lifecycle::watch(std::shared_ptr<Exchange> exchange, std::shared_ptr<Watching> watching) {
  const bool back = co_await bake(*exchange, *watching);
  if (watching->how.ended) co_await watching->how.ended();
  watching->baking = false;
  Generations over = back ? fresh_of(*exchange) : old_of(*exchange);
  co_await see_out(std::move(over), watching);
}

// Each goes as soon as nobody uses it.
boost::asio::awaitable<void> Lifecycle::see_out(Generations generations, std::shared_ptr<Watching> watching) {
  while (!stopping_ && !generations.empty()) {
    const auto used =
        std::ranges::stable_partition(generations, [this](const auto& one) { return uses_of(*one) == 0; });
    const Generations over(generations.begin(), used.begin());
    generations.erase(generations.begin(), used.begin());
    co_await retire(over);
    for (const GenerationPtr& old : generations) {
      const std::size_t uses = uses_of(*old);
      if (uses > 0)
        old->move_to(GenerationState::warm, "kept for " + std::to_string(uses) + " rollouts that began with it");
    }
    if (!generations.empty()) co_await rest(watching->timer, kWatchEvery);
  }
  std::erase(watches_, watching);
}

// Generations that never came into force, or are withdrawn.
void Lifecycle::keep_for_users(Generations generations) {
  auto watching = std::make_shared<Watching>(strand_, Watch{}, Generations{});
  watching->baking = false;
  watches_.push_back(watching);
  attend(see_out(std::move(generations), watching));
}

// Whether it ended with a return. While another change has the turn the return waits: that change settles this watch,
// or comes to nothing. Good calls meanwhile are no reason to stay.
boost::asio::awaitable<bool> Lifecycle::bake(Exchange& exchange, Watching& watching) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(watching.how.bake.ns);
  std::string& reason = watching.complaint;
  // A worker that went down right before the end is not yet known to have crashed.
  const auto goes_on = [&] {
    const auto now = std::chrono::steady_clock::now();
    const bool unknown = watching.how.bake.ns > 0 && now < end + kUntilItIsKnown && any_down(exchange);
    return !reason.empty() || now < end || unknown;
  };
  while (!watching.settled && goes_on()) {
    co_await rest(watching.timer, std::chrono::nanoseconds(watching.how.look.ns));
    if (watching.settled) break;
    if (reason.empty()) reason = complaint(watching);
    if (reason.empty()) continue;
    const Result<Turn> turn = turns_.take(kReturn);
    if (!turn.ok() && watching.how.waits) watching.how.waits(turn.status().message);
    if (!turn.ok()) continue;
    if (forsake_revoked(exchange)) {
      reason += "; there is no way back: what was before is not trusted any more";
      for (const GenerationPtr& fresh : fresh_of(exchange)) fresh->move_to(fresh->state(), reason);
      if (watching.how.stays) watching.how.stays(reason);
      co_return false;
    }
    const Problems lost = co_await go_back(exchange, reason);
    for (const Problem& problem : lost) reason += "; " + problem.message;
    if (watching.how.returned) co_await watching.how.returned(reason);
    co_return true;
  }
  co_return false;
}

// Ends the time in which a return is possible, of every change before.
boost::asio::awaitable<void> Lifecycle::settle() {
  boost::asio::steady_timer timer(strand_);
  const auto under_way = [this](const auto& watching) { return watching->baking || stopping_; };
  while (std::ranges::any_of(watches_, under_way)) {
    for (const auto& watching : watches_) {
      watching->settled = true;
      watching->timer.cancel();
    }
    co_await rest(timer, std::chrono::milliseconds(1));
  }
}

// Waits as long as one of them may take to end.
boost::asio::awaitable<Status> Lifecycle::make_room(const Exchange& exchange) {
  std::string in_the_way = what_is_in_the_way(exchange);
  if (in_the_way.empty()) co_return Status();
  co_await settle();
  const auto& [drain, cancel, patience] = settings_.retire;
  const std::chrono::nanoseconds longest{2 * drain.ns + cancel.ns + 3 * patience.ns};
  const auto end = std::chrono::steady_clock::now() + longest;
  boost::asio::steady_timer timer(strand_);
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    in_the_way = what_is_in_the_way(exchange);
    if (in_the_way.empty()) co_return Status();
    co_await rest(timer, std::chrono::milliseconds(1));
  }
  co_return Status(Code::failed_precondition,
                   in_the_way +
                       " of the profile before has not ended yet, and nothing of its kind can run beside it; "
                       "apply again when it has");
}

std::string Lifecycle::complaint(Watching& watching) {
  const Watch& how = watching.how;
  const bridge::Span span{how.recent.time, std::max(how.recent.calls, how.calls)};
  const Duration at{std::chrono::nanoseconds(std::chrono::steady_clock::now() - watching.began).count()};
  for (auto& [generation, latest] : watching.recent) {
    const std::string who = generation->title() + " as \"" + generation->plan().name + "\" ";
    if (const std::string crash = generation->crash(); !crash.empty()) return who + crash;
    const auto counts = latest.grown_to(generation->tally->counts(), at, span);
    if (counts.calls < how.calls || counts.fault_ratio() <= how.fault_ratio) continue;
    return std::to_string(counts.faults) + " of " + std::to_string(counts.calls) + " calls of " + who +
           "failed, more than the " + percent(how.fault_ratio) + " allowed";
  }
  return {};
}

// What a trial has to make room for; empty: nothing.
std::string Lifecycle::what_can_not_wait() const {
  const bool returns =
      std::ranges::any_of(watches_, [](const auto& one) { return one->baking && !one->complaint.empty(); });
  return urgent_.empty() && returns ? kReturn : urgent_;
}

// The whole change is taken back, not only the part that failed: its parts may belong together.
boost::asio::awaitable<Problems> Lifecycle::go_back(Exchange& exchange, const std::string& reason) {
  Problems problems;
  for (Succession& succession : std::views::reverse(exchange.successions)) {
    if (succession.hand_over != HandOver::exchange) continue;
    Problems lost = co_await return_to(succession);
    std::ranges::move(lost, std::back_inserter(problems));
  }
  const Generations fresh = fresh_of(exchange);
  for (const Succession& succession : exchange.successions) {
    if (succession.old && succession.hand_over == HandOver::beside) succession.old->move_to(GenerationState::active);
  }
  for (const auto& leaving : exchange.leaving) leaving->move_to(GenerationState::active);
  for (std::size_t i = 0; i < exchange.before.size(); ++i)
    exchange.before[i]->set_bindings(exchange.bindings_before[i]);
  profile_ = exchange.profile_before;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& old : exchange.before) std::erase(others_, old);
    for (const auto& one : fresh) others_.push_back(one);
    generations_ = exchange.before;
  }
  for (const auto& one : fresh)
    one->move_to(uses_of(*one) > 0 ? GenerationState::warm : GenerationState::failed, "withdrawn: " + reason);
  auto intakes = std::move(intakes_);
  intakes_.clear();
  publish();
  for (const auto& [name, intake] : intakes) intake->open();
  co_return problems;
}

boost::asio::awaitable<void> Lifecycle::retire(Generations generations) {
  for (const auto& generation : generations) (void)co_await take_down(*generation, settings_.retire);
  const std::lock_guard lock(mutex_);
  for (const auto& generation : generations) {
    if (generation->state() != GenerationState::parked && generation->state() != GenerationState::failed)
      std::erase(others_, generation);
  }
  const auto is_over = [](const auto& one) {
    return one->state() == GenerationState::parked || one->state() == GenerationState::failed;
  };
  while (std::ranges::count_if(others_, is_over) > kMaxParked) others_.erase(std::ranges::find_if(others_, is_over));
}

// What stays with its version only because of it: where an active one serves the binding in the same version, nobody
// needs the other one.
std::size_t Lifecycle::uses_of(const Generation& generation) const {
  if (!around_.in_use || generation.instance == nullptr || generation.forsaken) return 0;
  std::size_t uses = 0;
  const base::Version& version = generation.plan().package.manifest.version;
  for (const std::string& binding : generation.bindings()) {
    const bool served = std::ranges::any_of(generations_, [&](const auto& active) {
      return active->plan().package.manifest.version == version && active->serves(binding);
    });
    if (!served) uses += around_.in_use(binding, base::to_string(version));
  }
  return uses;
}

}  // namespace slipway::lifecycle
