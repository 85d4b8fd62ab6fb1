#include "plugins/providers/local/pool/split.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace slipway::local {
namespace {

class Splitting {
 public:
  Splitting(const std::vector<Machine>& machines, const Shares& before) : machines_(machines), before_(before) {}

  void keep(const provider::DesiredGroup& group) {
    for (const Machine& machine : machines_)
      add(machine, group, share_of(before_, machine.name, group.release.version));
  }

  void level(const provider::DesiredGroup& group) {
    while (count(group) > group.replicas) add(*fullest(group), group, -1);
    while (count(group) < group.replicas) {
      const Machine* machine = emptiest(group);
      if (machine == nullptr) return;
      add(*machine, group, 1);
    }
  }

  [[nodiscard]] Shares shares() const {
    Shares shares;
    for (const auto& [key, replicas] : shares_) {
      if (replicas > 0) shares.push_back({key.first, key.second, replicas});
    }
    return shares;
  }

 private:
  using Group = provider::DesiredGroup;

  void add(const Machine& machine, const Group& group, std::int32_t replicas) {
    shares_[{machine.name, group.release.version}] += replicas;
    totals_[machine.name] += replicas;
  }
  [[nodiscard]] std::int32_t has(const Machine& machine, const Group& group) const {
    const auto found = shares_.find({machine.name, group.release.version});
    return found == shares_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::int32_t total(const Machine& machine) const {
    const auto found = totals_.find(machine.name);
    return found == totals_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::int32_t count(const Group& group) const {
    std::int32_t sum = 0;
    for (const Machine& machine : machines_) sum += has(machine, group);
    return sum;
  }
  [[nodiscard]] auto rank(const Machine& machine, const Group& group) const {
    return std::tuple(has(machine, group), total(machine), std::string_view(machine.name));
  }
  [[nodiscard]] const Machine* fullest(const Group& group) const {
    return &*std::ranges::max_element(machines_, {}, [&](const Machine& m) { return rank(m, group); });
  }
  [[nodiscard]] const Machine* emptiest(const Group& group) const {
    const Machine* best = nullptr;
    for (const Machine& machine : machines_) {
      if (total(machine) >= machine.capacity) continue;
      if (best == nullptr || rank(machine, group) < rank(*best, group)) best = &machine;
    }
    return best;
  }

  const std::vector<Machine>& machines_;
  const Shares& before_;
  std::map<std::pair<std::string, std::string>, std::int32_t> shares_;
  std::map<std::string, std::int32_t> totals_;
};

}  // namespace

Shares split(const std::vector<provider::DesiredGroup>& groups, const std::vector<Machine>& machines,
             const Shares& before) {
  Splitting splitting(machines, before);
  for (const auto& group : groups) splitting.keep(group);
  // What gets smaller first makes room for what grows.
  const auto shrinks = [&](const auto& group) {
    return replicas_of(splitting.shares(), group.release.version) > group.replicas;
  };
  for (const auto& group : groups) {
    if (shrinks(group)) splitting.level(group);
  }
  for (const auto& group : groups) splitting.level(group);
  return splitting.shares();
}

std::int32_t replicas_of(const Shares& shares, const std::string& release) {
  std::int32_t sum = 0;
  for (const Share& share : shares) sum += share.release == release ? share.replicas : 0;
  return sum;
}

std::int32_t share_of(const Shares& shares, const std::string& machine, const std::string& release) {
  for (const Share& share : shares) {
    if (share.machine == machine && share.release == release) return share.replicas;
  }
  return 0;
}

}  // namespace slipway::local
