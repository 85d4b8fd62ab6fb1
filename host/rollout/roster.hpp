// Which hosts there are and who does which part of the work: one small document in the store, changed by comparing its
// version.
//
// A host's own lease covers every partition that the roster gives it. Nobody but the owner itself gives a partition
// away, unless the owner's lease has run out and another host has taken that lease. Each change of owner gives the
// partition a larger token, which fences what the former owner still orders.
//
// Pure functions over values; the caller reads and writes.
#pragma once

#include <cstdint>
#include <slipway/document.hpp>
#include <slipway/values.hpp>
#include <string>
#include <vector>

#include "host/rollout/partition.hpp"

namespace slipway::rollout {

struct RosterHost {
  std::string name;
  std::string version;  // of its slipwayd
  std::string address;  // of its API
  Instant joined_at;
  bool draining = false;
  static constexpr auto fields() {
    return slipway::fields(required("name", &RosterHost::name, "Its name."),
                           field("version", &RosterHost::version, "Version of its slipwayd."),
                           field("address", &RosterHost::address, "Where its API listens."),
                           field("joined_at", &RosterHost::joined_at, "Since when it is here."),
                           field("draining", &RosterHost::draining, "Gives its work away and takes none."));
  }
};

struct Partition {
  std::string owner;       // nobody when empty
  std::string next;        // to whom the owner shall hand it; empty: to nobody
  std::int64_t token = 0;  // what its owner orders is fenced with
  Instant left;            // since when nobody is at work on it; for an owner, when it took over from nobody
  static constexpr auto fields() {
    return slipway::fields(
        field("owner", &Partition::owner, "Who works on it."), field("next", &Partition::next, "Who shall have it."),
        field("token", &Partition::token, "Fencing token."), field("left", &Partition::left, "Since when nobody did."));
  }
};

// More that were lost while they were draining are not remembered: the longest lost is forgotten first.
constexpr std::size_t kMostDrained = 64;

struct Roster {
  std::vector<RosterHost> hosts;
  std::vector<Partition> partitions = std::vector<Partition>(kPartitions);
  std::int64_t token = 0;            // the largest that was given
  std::vector<std::string> drained;  // hosts that were lost while they were draining
  static constexpr auto fields() {
    return slipway::fields(required("hosts", &Roster::hosts, "The hosts, in the order of their names."),
                           required("partitions", &Roster::partitions, "By number."),
                           required("token", &Roster::token, "The largest token that was given."),
                           field("drained", &Roster::drained, "Hosts that were lost while they were draining."));
  }
};

[[nodiscard]] const RosterHost* host_in(const Roster& roster, const std::string& name);
// How many partitions the host works on.
[[nodiscard]] std::size_t share_of(const Roster& roster, const std::string& name);
// The host that comes after this one in the order of names, the first after the last; empty for a host alone.
[[nodiscard]] std::string after(const Roster& roster, const std::string& name);

// A host begins, or begins again: what it owned before gets new tokens, as nobody has worked on it since `last_seen`.
// It takes work unless it is draining, by what the roster says of it or, when the roster knows nothing, by its own
// word.
void join(Roster& roster, RosterHost host, Instant last_seen);
// A host is gone since `last_seen`, as it was meant to: what it owned goes to the others.
void leave(Roster& roster, const std::string& name, Instant last_seen);
// The same for one that has not said so: if it was draining, it is when it comes back.
void lose(Roster& roster, const std::string& name, Instant last_seen);
// Its work shall go to the others, or it takes its share again, also when it comes back. Hosts that are draining do
// what else nobody would.
void set_draining(Roster& roster, const std::string& name, bool draining);
// The owner keeps it under a new token. Nothing changes for a partition that is, or shall be, another host's.
void renew_token(Roster& roster, const std::string& owner, std::size_t partition);
// The owner gives up those of these partitions that others shall have; `now` is when it stopped.
void hand_over(Roster& roster, const std::string& owner, const std::vector<std::size_t>& idle, Instant now);

}  // namespace slipway::rollout
