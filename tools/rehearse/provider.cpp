#include "tools/rehearse/provider.hpp"

#include <algorithm>
#include <tuple>

namespace slipway::simulate {

Empty Provider::apply(const provider::Desired& desired) {
  if (desired_ && std::tie(desired.token, desired.generation) < std::tie(desired_->token, desired_->generation))
    throw Error(Code::aborted, "order " + std::to_string(desired_->generation) + " is newer");
  desired_ = desired;
  std::map<std::string, Group> groups;
  Weights weights{time_.now(), {}};
  for (const provider::DesiredGroup& wanted : desired.groups) {
    const std::string& release = wanted.release.version;
    Group& group = groups[release] = groups_[release];
    group.role = wanted.role;
    group.weight = weights.of[release] = wanted.weight;
    scale(release, group, wanted.replicas);
  }
  groups_ = std::move(groups);
  weights_.push_back(std::move(weights));
  tell_at(time_.now());
  return {};
}

void Provider::scale(const std::string& release, Group& group, std::int32_t replicas) {
  const auto wanted = static_cast<std::size_t>(replicas);
  const Instant ready = std::max(time_.now() + start_, held_back_[release]);
  if (wanted > group.ready_at.size()) tell_at(ready);
  group.ready_at.resize(wanted, ready);
}

void Provider::hold_back(const std::string& release, Instant until) {
  held_back_[release] = until;
  if (const auto found = groups_.find(release); found != groups_.end())
    for (Instant& ready : found->second.ready_at) ready = std::max(ready, until);
  tell_at(time_.now());
  tell_at(until);
}

void Provider::tell_at(Instant moment) {
  time_.after(moment - time_.now(), [this] { changed_(); });
}

provider::ObservedGroup Provider::observed(const std::string& release, const Group& group) const {
  provider::ObservedGroup seen{.role = group.role, .release = release};
  seen.replicas = seen.running = static_cast<std::int32_t>(group.ready_at.size());
  seen.weight = group.weight;
  for (const Instant ready : group.ready_at) {
    if (ready <= time_.now()) seen.ready_since.push_back(ready);
  }
  seen.ready = static_cast<std::int32_t>(seen.ready_since.size());
  const auto held = held_back_.find(release);
  if (held != held_back_.end() && held->second > time_.now()) seen.problem = "its replicas are held back";
  return seen;
}

provider::Observation Provider::observe(const provider::Target& target) {
  if (!desired_) throw Error(Code::not_found, target.application + " was never applied");
  provider::Observation seen{.generation = desired_->generation, .converged = true};
  for (const auto& [release, group] : groups_) {
    seen.groups.push_back(observed(release, group));
    seen.converged = seen.converged && seen.groups.back().ready == seen.groups.back().replicas;
  }
  return seen;
}

Empty Provider::remove(const provider::Removal&) {
  groups_.clear();
  desired_.reset();
  return {};
}

}  // namespace slipway::simulate
