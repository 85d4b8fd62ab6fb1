#include "host/lifecycle/lifecycle.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ranges>

#include "host/config/fault.hpp"
#include "host/lifecycle/reason.hpp"

namespace slipway::lifecycle {
namespace {

constexpr std::chrono::milliseconds kLookAgain{2};

}  // namespace

Lifecycle::Lifecycle(LifecycleSettings settings, Surroundings surroundings)
    : settings_(settings),
      around_(std::move(surroundings)),
      strand_(boost::asio::make_strand(around_.runtime.executor())) {}

boost::asio::awaitable<Status> Lifecycle::start(Plan plan) {
  auto work = start_all(std::move(plan));
  co_return co_await boost::asio::co_spawn(strand_, std::move(work), boost::asio::use_awaitable);
}

boost::asio::awaitable<Status> Lifecycle::apply(const Turn&, Plan plan, ApplyOptions options) {
  auto work = apply_one(std::move(plan), std::move(options));
  co_return co_await boost::asio::co_spawn(strand_, std::move(work), boost::asio::use_awaitable);
}

boost::asio::awaitable<Turn> Lifecycle::take_turn_urgently(std::string what) {
  auto work = wait_for_turn(std::move(what));
  co_return co_await boost::asio::co_spawn(strand_, std::move(work), boost::asio::use_awaitable);
}

boost::asio::awaitable<Status> Lifecycle::stop() {
  auto work = stop_all();
  co_return co_await boost::asio::co_spawn(strand_, std::move(work), boost::asio::use_awaitable);
}

boost::asio::awaitable<Status> Lifecycle::start_all(Plan plan) {
  stopping_ = false;
  adopt(std::move(plan));
  for (const auto& generation : generations_) co_await bring_up(*generation);
  const Status result = verdict(generations_, profile_);
  if (!result.ok()) co_await stop_all();
  if (result.ok()) co_await sweep();
  co_return result;
}

boost::asio::awaitable<Status> Lifecycle::stop_all() {
  stopping_ = true;
  boost::asio::steady_timer timer(strand_);
  while (turns_.taken()) {
    timer.expires_after(kLookAgain);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  co_await settle();
  publish();
  Problems problems;
  Generations all = others_;
  all.insert(all.end(), generations_.begin(), generations_.end());
  for (const auto& generation : std::views::reverse(all)) {
    const std::string& name = generation->plan().name;
    const Status status = co_await take_down(*generation, settings_.stop);
    if (!status.ok()) problems.push_back({config::child_path("/plugins", name), "", reason_of(status, name)});
  }
  if (problems.empty()) co_return Status();
  std::reverse(problems.begin(), problems.end());
  co_return Status(Code::deadline_exceeded, "profile \"" + profile_ + "\": not every instance ended as it should",
                   std::move(problems));
}

std::set<std::string> Lifecycle::running() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const auto& generation : generations_) {
    if (generation->state() != GenerationState::failed) names.insert(generation->plan().name);
  }
  return names;
}

std::vector<PluginStatus> Lifecycle::status() const {
  const std::lock_guard lock(mutex_);
  std::vector<PluginStatus> list;
  for (const auto& generation : generations_) list.push_back(generation->status());
  for (const auto& generation : others_) list.push_back(generation->status());
  return list;
}

void Lifecycle::adopt(Plan plan) {
  profile_ = std::move(plan.profile);
  Generations generations;
  for (PlannedInstance& one : plan.instances)
    generations.push_back(std::make_shared<Generation>(std::move(one), around_.clock));
  set_generations(std::move(generations));
}

void Lifecycle::set_generations(Generations generations) {
  const std::lock_guard lock(mutex_);
  generations_ = std::move(generations);
}

boost::asio::awaitable<void> Lifecycle::bring_up(Generation& generation) {
  const std::string missing = missing_need(generation);
  if (!missing.empty()) {
    generation.move_to(GenerationState::failed, "was not started: it needs \"" + missing + "\", which did not start");
    co_return;
  }
  static constexpr std::array<Step, 5> kWay{&Lifecycle::verify, &Lifecycle::load, &Lifecycle::create, &Lifecycle::begin,
                                            &Lifecycle::check_health};
  const Status status = co_await go_through(generation, kWay);
  if (!status.ok()) co_return;
  generation.move_to(GenerationState::active, generation.status().reason);
  publish();
}

// One step after the other; a generation that fails keeps the reason.
boost::asio::awaitable<Status> Lifecycle::go_through(Generation& generation, std::span<const Step> steps) {
  for (const Step step : steps) {
    const Status status = co_await (this->*step)(generation);
    if (status.ok()) continue;
    generation.move_to(GenerationState::failed, reason_of(status, generation.plan().name));
    co_return status;
  }
  co_return Status();
}

void Lifecycle::publish() {
  bridge::RouteTable::Bindings bindings;
  bridge::RouteTable::Bindings versions;
  const auto lead_nowhere = [&](const Generation& failed) {
    const std::string version = base::to_string(failed.plan().package.manifest.version);
    const bridge::Way down{nullptr, version, failed.tally,
                           failed.title() + " " + failed.status().reason +
                               "; apply the profile again to start it anew, or one with another version of it"};
    for (const std::string& binding : failed.bindings()) bindings[binding] = {down, nullptr, nullptr};
  };
  const auto add = [&](const Generation& generation) {
    if (generation.instance == nullptr) return;
    const std::string version = base::to_string(generation.plan().package.manifest.version);
    const bridge::Way way{generation.instance, version, generation.tally};
    for (const std::string& binding : generation.bindings())
      versions.try_emplace(bridge::RouteTable::in_version(binding, version), bridge::Route{way, nullptr, nullptr});
  };
  for (const auto& generation : generations_) {
    const std::string& name = generation->plan().name;
    const auto intake = intakes_.find(name);
    const bool closed = intake != intakes_.end();
    const bool failed = !closed && generation->state() == GenerationState::failed;
    if (failed && !stopping_) lead_nowhere(*generation);
    if (!closed && generation->state() != GenerationState::active) continue;
    const auto trial = trials_.find(name);
    const std::string version = base::to_string(generation->plan().package.manifest.version);
    for (const std::string& binding : generation->bindings()) {
      bindings[binding] = {{closed ? nullptr : generation->instance, version, generation->tally},
                           trial == trials_.end() ? nullptr : trial->second,
                           closed ? intake->second : nullptr};
    }
    if (!closed) add(*generation);
  }
  for (const auto& generation : others_) {
    if (generation->state() == GenerationState::warm) add(*generation);
  }
  around_.routes.publish(std::make_shared<const bridge::RouteTable>(std::move(bindings), std::move(versions)));
}

// The first need that does not run, or nothing.
std::string Lifecycle::missing_need(const Generation& generation) const {
  for (const std::string& need : generation.plan().needs) {
    const bool runs = std::ranges::any_of(generations_, [&](const auto& other) {
      return other->plan().name == need && other->state() == GenerationState::active;
    });
    if (!runs) return need;
  }
  return {};
}

Status Lifecycle::verdict(const Generations& generations, const std::string& profile) const {
  Problems problems;
  for (const auto& generation : generations) {
    const PluginStatus status = generation->status();
    if (status.state == GenerationState::failed)
      problems.push_back({config::child_path("/plugins", status.instance), "", status.reason});
  }
  if (problems.empty()) return {};
  const std::string count = std::to_string(problems.size()) + " of " + std::to_string(generations.size());
  return {Code::failed_precondition, "profile \"" + profile + "\": " + count + " instances did not start",
          std::move(problems)};
}

}  // namespace slipway::lifecycle
