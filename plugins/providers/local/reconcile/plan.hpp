// What an application needs next: which release sits in which backend, where traffic goes, which replicas to make and
// which to let go. A pure function of the desired state and of what is there.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <slipway/interfaces/provider.hpp>
#include <string>
#include <vector>

namespace slipway::local {

// An application has three backends in HAProxy; a release sits in one of them. Roles are not bound to backends.
inline constexpr std::size_t kSlots = 3;
using Slots = std::array<std::string, kSlots>;  // release in each; empty: free
std::optional<std::size_t> slot_of(const Slots& slots, const std::string& release);

struct ReplicaView {
  std::string id;
  std::string release;
  std::int64_t number = 0;  // grows with age's opposite: the newest has the largest
  bool leaving = false;
  bool serving = false;  // may get traffic
  bool listed = false;   // HAProxy knows it in some way
  bool alive = false;
  bool guest = false;     // another machine's: served here, made and ended there
  bool unwanted = false;  // a guest that its machine does not offer any more
};

// Where traffic goes, by backend. A role that no group has takes nothing, and has the backend of stable.
struct Part {
  std::size_t slot = 0;
  std::uint32_t ppm = 0;
  bool operator==(const Part&) const = default;
};
struct Split {
  std::size_t stable_slot = 0;
  Part next, baseline;
  bool operator==(const Split&) const = default;

  // Parts per million that the slot gets.
  [[nodiscard]] std::uint32_t share(std::size_t slot) const;
};

struct Seen {
  Slots slots;
  std::optional<Split> split;  // nothing: no traffic is routed
  std::vector<ReplicaView> replicas;
};

struct Plan {
  Slots slots;
  std::optional<Split> split;
  bool split_is_wanted = false;     // false while a weight waits for a group to be ready
  std::vector<std::string> create;  // one release for each replica to make
  std::set<std::string> leave;      // replicas to let go
  bool complete = false;            // what is there is what is desired
  std::vector<std::string> waits;   // what a weight or a group waits for, for a person
};

// `removed`: everything shall go, whatever `desired` says.
enum class Presence { kWanted, kRemoved };

Plan make_plan(const provider::Desired& desired, Presence presence, const Seen& seen);

// Nothing when no group has it.
const provider::DesiredGroup* group_with_role(const provider::Desired& desired, std::string_view role);

// How many replicas of the release may get traffic, guests included.
int serving_count(const Seen& seen, const std::string& release);

}  // namespace slipway::local
