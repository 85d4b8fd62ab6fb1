// From one plan to another while calls go on.
#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ranges>

#include "host/config/fault.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/lifecycle/watching.hpp"

namespace slipway::lifecycle {
namespace {

GenerationPtr find(const Generations& generations, const std::string& name) {
  const auto found = std::ranges::find_if(generations, [&](const auto& one) { return one->plan().name == name; });
  return found == generations.end() ? nullptr : *found;
}

bool contains(const Generations& generations, const GenerationPtr& wanted) {
  return std::ranges::find(generations, wanted) != generations.end();
}

void lead(const Generations& generations, const std::vector<std::vector<std::string>>& bindings) {
  for (std::size_t i = 0; i < generations.size(); ++i) generations[i]->set_bindings(bindings[i]);
}

}  // namespace

boost::asio::awaitable<Status> Lifecycle::apply_one(Plan plan, ApplyOptions options) {
  if (stopping_) co_return Status(Code::failed_precondition, "the host is stopping");
  auto exchange = stage(std::move(plan));
  if (const Status room = co_await make_room(*exchange); !room.ok()) co_return room;
  Status status = co_await carry_out(exchange, options);
  if (!status.ok()) {
    const Problems lost = co_await withdraw(*exchange);
    status.problems.insert(status.problems.end(), lost.begin(), lost.end());
    co_return status;
  }
  commit(*exchange);
  for (const Succession& succession : exchange->successions) {
    const bool is_told = !succession.lost.empty() && hands_over(*succession.old, *succession.fresh);
    if (options.lost && is_told) options.lost(succession.lost);
  }
  auto watching = std::make_shared<Watching>(strand_, std::move(options.watch), fresh_of(*exchange));
  co_await settle();
  if (forsake_revoked(*exchange)) watching->how.bake = {};
  watches_.push_back(watching);
  attend(watch(std::move(exchange), watching));
  co_return Status();
}

boost::asio::awaitable<Status> Lifecycle::carry_out(std::shared_ptr<Exchange> exchange, ApplyOptions options) {
  Status status = co_await prepare(*exchange);
  if (status.ok() && options.try_out) status = co_await try_out(*exchange, *options.try_out);
  if (status.ok() && stopping_) status = Status(Code::unavailable, "the host is stopping");
  if (status.ok()) status = co_await hand_over(*exchange);
  co_return status;
}

std::shared_ptr<Exchange> Lifecycle::stage(Plan plan) const {
  auto exchange = std::make_shared<Exchange>();
  exchange->profile = std::move(plan.profile);
  exchange->profile_before = profile_;
  exchange->before = generations_;
  for (const auto& generation : generations_) exchange->bindings_before.push_back(generation->bindings());
  for (PlannedInstance& one : plan.instances) {
    GenerationPtr old = find(generations_, one.name);
    exchange->bindings_after.push_back(one.bindings);
    const bool runs = old != nullptr && old->state() == GenerationState::active;
    if (runs && same_generation(old->plan(), one)) {
      exchange->after.push_back(std::move(old));
      continue;
    }
    const HandOver how = runs ? hand_over_of(old->plan(), one) : HandOver::none;
    auto fresh = std::make_shared<Generation>(std::move(one), around_.clock);
    exchange->after.push_back(fresh);
    exchange->successions.push_back({.fresh = std::move(fresh), .old = std::move(old), .hand_over = how});
  }
  for (const auto& generation : generations_) {
    if (find(exchange->after, generation->plan().name) == nullptr) exchange->leaving.push_back(generation);
  }
  return exchange;
}

// What it begins anew while another change keeps it for its return, or is just ending it, though both can't hold what
// they hold; empty: nothing. What rollouts still use is not ended for it.
std::string Lifecycle::what_is_in_the_way(const Exchange& exchange) const {
  for (const Succession& succession : exchange.successions) {
    if (succession.hand_over != HandOver::none) continue;
    const PlannedInstance& wanted = succession.fresh->plan();
    const auto kept = std::ranges::find_if(others_, [&](const auto& one) {
      return one->instance != nullptr && uses_of(*one) == 0 &&
             one->plan().package.manifest.id == wanted.package.manifest.id &&
             hand_over_of(one->plan(), wanted) == HandOver::exchange;
    });
    if (kept != others_.end()) return (*kept)->title();
  }
  return {};
}

// Everything that can be done while the old ones serve.
boost::asio::awaitable<Status> Lifecycle::prepare(Exchange& exchange) {
  static constexpr std::array<Step, 5> kWhole{&Lifecycle::verify, &Lifecycle::load, &Lifecycle::create,
                                              &Lifecycle::begin, &Lifecycle::check_health};
  static constexpr std::size_t kUntilItHoldsSomething = 3;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& fresh : fresh_of(exchange)) others_.push_back(fresh);
  }
  for (const Succession& succession : exchange.successions) {
    const bool whole = succession.hand_over != HandOver::exchange;
    const std::span<const Step> all(kWhole);
    const Status status = co_await go_through(*succession.fresh, whole ? all : all.first(kUntilItHoldsSomething));
    if (status.ok() && whole) succession.fresh->move_to(GenerationState::warm, succession.fresh->status().reason);
  }
  co_return verdict(fresh_of(exchange), exchange.profile);
}

// One after the other, those that can't run beside their predecessors. Who calls goes before whom it calls: its open
// calls would else wait for one whose intake is closed.
boost::asio::awaitable<Status> Lifecycle::hand_over(Exchange& exchange) {
  for (Succession& succession : std::views::reverse(exchange.successions)) {
    if (succession.hand_over != HandOver::exchange) continue;
    const Status status = co_await replace(succession);
    if (!status.ok()) co_return verdict(fresh_of(exchange), exchange.profile);
  }
  co_return Status();
}

// Back to what was before: nothing has been published yet but closed intakes. What could not be put back is a problem,
// and so is what was lost of the state of what was. Whom others call comes back before them.
boost::asio::awaitable<Problems> Lifecycle::withdraw(Exchange& exchange) {
  Problems problems;
  Generations needed;
  for (Succession& succession : exchange.successions) {
    if (is_still_needed(succession)) {
      needed.push_back(succession.fresh);
      continue;
    }
    co_await take_down(*succession.fresh, settings_.retire);
    if (!succession.done) continue;
    const Status status = co_await put_back(succession);
    const std::string& name = succession.old->plan().name;
    const std::string& told = status.ok() ? succession.lost : status.message;
    if (!told.empty()) problems.push_back({config::child_path("/plugins", name), "", told});
    open_intake(name);
  }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& fresh : fresh_of(exchange)) {
      if (!contains(needed, fresh)) std::erase(others_, fresh);
    }
  }
  if (!needed.empty()) keep_for_users(std::move(needed));
  co_return problems;
}

// A rollout that went over to it during its trial may have a state that nobody else can read.
bool Lifecycle::is_still_needed(const Succession& succession) const {
  const Generation& fresh = *succession.fresh;
  return fresh.state() == GenerationState::warm && fresh.tally->counts().calls > 0 && uses_of(fresh) > 0;
}

void Lifecycle::commit(Exchange& exchange) {
  for (const Succession& succession : exchange.successions) {
    succession.fresh->move_to(GenerationState::active, succession.fresh->status().reason);
    if (succession.hand_over != HandOver::none)
      succession.old->move_to(GenerationState::warm, "replaced by " + succession.fresh->title());
  }
  for (const auto& leaving : exchange.leaving) leaving->move_to(GenerationState::warm, "no longer in the profile");
  lead(exchange.after, exchange.bindings_after);
  profile_ = exchange.profile;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& fresh : fresh_of(exchange)) std::erase(others_, fresh);
    for (const auto& old : exchange.before) {
      if (!contains(exchange.after, old)) others_.push_back(old);
    }
    generations_ = exchange.after;
  }
  auto intakes = std::move(intakes_);
  intakes_.clear();
  publish();
  for (const auto& [name, intake] : intakes) intake->open();
}

// What is on its way out and revoked goes, whoever needs it. Whether the change can't be taken back because of that.
// Asked again right before a return: it may have been revoked since.
bool Lifecycle::forsake_revoked(const Exchange& exchange) {
  bool any = false;
  for (const auto& generation : others_) {
    if (!around_.revoked || !around_.revoked(generation->plan())) continue;
    generation->forsaken = true;
    any = any || contains(exchange.before, generation);
  }
  return any;
}

boost::asio::awaitable<Turn> Lifecycle::wait_for_turn(std::string what) {
  boost::asio::steady_timer timer(strand_);
  while (!stopping_) {
    auto turn = turns_.take(what);
    urgent_ = turn.ok() ? std::string() : what;
    if (turn.ok()) co_return *std::move(turn);
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  co_return Turn();
}

}  // namespace slipway::lifecycle
