#include "host/lifecycle/lifecycle.hpp"

#include <algorithm>
#include <ranges>

#include "host/config/fault.hpp"

namespace slipway::lifecycle {
namespace {

// A status as the reason of a generation: without its code, and without the instance's name, which stands beside it.
std::string reason_of(const Status& status, const std::string& instance) {
  const std::string text = to_string(status).substr(name_of(status.code).size() + 2);
  const std::string begin = instance + ": ";
  return text.starts_with(begin) ? text.substr(begin.size()) : text;
}

}  // namespace

Lifecycle::Lifecycle(LifecycleSettings settings, Surroundings surroundings)
    : settings_(settings), around_(std::move(surroundings)) {}

boost::asio::awaitable<Status> Lifecycle::start(Plan plan) {
  adopt(std::move(plan));
  for (const auto& generation : generations_) co_await bring_up(*generation);
  const Status result = verdict();
  if (!result.ok()) co_await stop();
  if (result.ok()) co_await sweep();
  co_return result;
}

boost::asio::awaitable<Status> Lifecycle::stop() {
  Problems problems;
  for (const auto& generation : std::views::reverse(generations_)) {
    const std::string& name = generation->plan().name;
    const Status status = co_await take_down(*generation);
    if (!status.ok()) problems.push_back({config::child_path("/plugins", name), "", reason_of(status, name)});
  }
  if (problems.empty()) co_return Status();
  std::reverse(problems.begin(), problems.end());
  co_return Status(Code::deadline_exceeded, "profile \"" + profile_ + "\": not every instance ended as it should",
                   std::move(problems));
}

std::vector<PluginStatus> Lifecycle::status() const {
  const std::lock_guard lock(mutex_);
  std::vector<PluginStatus> list;
  for (const auto& generation : generations_) list.push_back(generation->status());
  return list;
}

void Lifecycle::adopt(Plan plan) {
  const std::lock_guard lock(mutex_);
  profile_ = std::move(plan.profile);
  generations_.clear();
  for (PlannedInstance& one : plan.instances) generations_.push_back(std::make_unique<Generation>(std::move(one)));
}

boost::asio::awaitable<void> Lifecycle::bring_up(Generation& generation) {
  const std::string missing = missing_need(generation);
  if (!missing.empty()) {
    generation.move_to(GenerationState::failed, "was not started: it needs \"" + missing + "\", which did not start");
    co_return;
  }
  for (const Step step :
       {&Lifecycle::verify, &Lifecycle::load, &Lifecycle::create, &Lifecycle::begin, &Lifecycle::check_health}) {
    const Status status = co_await (this->*step)(generation);
    if (status.ok()) continue;
    generation.move_to(GenerationState::failed, reason_of(status, generation.plan().name));
    co_return;
  }
  publish();
}

void Lifecycle::publish() {
  bridge::RouteTable::Bindings bindings;
  for (const auto& generation : generations_) {
    if (generation->state() != GenerationState::active) continue;
    for (const std::string& binding : generation->plan().bindings) bindings[binding] = {generation->instance};
  }
  around_.routes.publish(std::make_shared<const bridge::RouteTable>(std::move(bindings)));
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

Status Lifecycle::verdict() const {
  Problems problems;
  for (const auto& generation : generations_) {
    const PluginStatus status = generation->status();
    if (status.state == GenerationState::failed)
      problems.push_back({config::child_path("/plugins", status.instance), "", status.reason});
  }
  if (problems.empty()) return {};
  const std::string count = std::to_string(problems.size()) + " of " + std::to_string(generations_.size());
  return {Code::failed_precondition, "profile \"" + profile_ + "\": " + count + " instances did not start",
          std::move(problems)};
}

}  // namespace slipway::lifecycle
