#include "host/rollout/roster.hpp"

#include <algorithm>
#include <map>

namespace slipway::rollout {
namespace {

using Counts = std::map<std::string, std::size_t>;

void give(Roster& roster, Partition& partition, const std::string& owner) {
  partition.owner = owner;
  partition.next.clear();
  partition.token = ++roster.token;
}

Counts counts_of(const Roster& roster) {
  Counts counts;
  for (const RosterHost& host : roster.hosts) {
    if (!host.draining) counts[host.name] = share_of(roster, host.name);
  }
  return counts;
}

// How many each host that takes work shall have: as many as the others, or one more for those that have most already.
Counts quotas_of(const Counts& counts) {
  std::vector<std::pair<std::size_t, std::string>> order;
  for (const auto& [name, count] : counts) order.emplace_back(count, name);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Counts quotas;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool one_more = i < kPartitions % order.size();
    quotas[order[i].second] = kPartitions / order.size() + (one_more ? 1 : 0);
  }
  return quotas;
}

// Whoever may take one more; the roster has such a host, as the quotas add up to all partitions.
const std::string& next_below(const Counts& quotas, Counts& planned) {
  const auto found = std::find_if(quotas.begin(), quotas.end(),
                                  [&](const auto& quota) { return planned[quota.first] < quota.second; });
  ++planned[found->first];
  return found->first;
}

// What nobody owns, when all hosts are draining.
void give_to_the_draining(Roster& roster) {
  std::size_t turn = 0;
  for (Partition& partition : roster.partitions) {
    if (partition.owner.empty()) give(roster, partition, roster.hosts[turn++ % roster.hosts.size()].name);
  }
}

// Gives every partition a place so that the hosts have equal shares and as few as possible move. What has an owner
// stays with it until it hands it over.
void balance(Roster& roster) {
  const Counts quotas = quotas_of(counts_of(roster));
  for (Partition& partition : roster.partitions) partition.next.clear();
  if (roster.hosts.empty()) return;
  if (quotas.empty()) return give_to_the_draining(roster);
  Counts planned;
  std::vector<Partition*> homeless;
  for (Partition& partition : roster.partitions) {
    const auto quota = quotas.find(partition.owner);
    if (quota != quotas.end() && planned[partition.owner] < quota->second) {
      ++planned[partition.owner];
    } else {
      homeless.push_back(&partition);
    }
  }
  for (Partition* partition : homeless) {
    const std::string& to = next_below(quotas, planned);
    if (partition->owner.empty()) {
      give(roster, *partition, to);
    } else {
      partition->next = to;
    }
  }
}

}  // namespace

const RosterHost* host_in(const Roster& roster, const std::string& name) {
  const auto found = std::ranges::find(roster.hosts, name, &RosterHost::name);
  return found == roster.hosts.end() ? nullptr : &*found;
}

std::size_t share_of(const Roster& roster, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::count(roster.partitions, name, &Partition::owner));
}

std::string after(const Roster& roster, const std::string& name) {
  if (roster.hosts.size() < 2) return {};
  const auto next = std::ranges::upper_bound(roster.hosts, name, {}, &RosterHost::name);
  return next == roster.hosts.end() ? roster.hosts.front().name : next->name;
}

void join(Roster& roster, RosterHost host, Instant last_seen) {
  roster.partitions.resize(kPartitions);
  const bool was_lost = std::erase(roster.drained, host.name) > 0;
  const RosterHost* before = host_in(roster, host.name);
  host.draining = before != nullptr ? before->draining : was_lost || host.draining;
  std::erase_if(roster.hosts, [&](const RosterHost& other) { return other.name == host.name; });
  for (Partition& partition : roster.partitions) {
    if (partition.owner != host.name) continue;
    give(roster, partition, host.name);
    partition.left = last_seen;
  }
  const auto place = std::ranges::upper_bound(roster.hosts, host.name, {}, &RosterHost::name);
  roster.hosts.insert(place, std::move(host));
  balance(roster);
}

void leave(Roster& roster, const std::string& name, Instant last_seen) {
  std::erase_if(roster.hosts, [&](const RosterHost& host) { return host.name == name; });
  for (Partition& partition : roster.partitions) {
    if (partition.owner != name) continue;
    partition.owner.clear();
    partition.left = last_seen;
  }
  balance(roster);
}

void lose(Roster& roster, const std::string& name, Instant last_seen) {
  const RosterHost* host = host_in(roster, name);
  if (host != nullptr && host->draining) roster.drained.push_back(name);
  if (roster.drained.size() > kMostDrained) roster.drained.erase(roster.drained.begin());
  leave(roster, name, last_seen);
}

void set_draining(Roster& roster, const std::string& name, bool draining) {
  if (!draining) std::erase(roster.drained, name);
  for (RosterHost& host : roster.hosts) {
    if (host.name == name) host.draining = draining;
  }
  balance(roster);
}

void renew_token(Roster& roster, const std::string& owner, std::size_t number) {
  Partition& partition = roster.partitions[number];
  if (partition.owner != owner || !partition.next.empty()) return;
  give(roster, partition, owner);
  partition.left = {};
}

void hand_over(Roster& roster, const std::string& owner, const std::vector<std::size_t>& idle, Instant now) {
  for (const std::size_t number : idle) {
    Partition& partition = roster.partitions.at(number);
    if (partition.owner != owner || partition.next.empty()) continue;
    give(roster, partition, std::string(partition.next));
    partition.left = now;
  }
}

}  // namespace slipway::rollout
