// Which machine runs how many replicas of each group. Pure functions.
#pragma once

#include <vector>

#include "plugins/providers/local/pool/documents.hpp"

namespace slipway::local {

struct Machine {
  std::string name;
  std::int32_t capacity = 0;  // replicas of one application at most
};

// Each group's replicas over the machines. What `before` gave to a machine that is still there stays as long as it is
// wanted; a missing replica goes to the machine that has the fewest of its group, then of the application; one too many
// is taken from that which has the most. So a new group is spread evenly, a dead machine's share goes to the others,
// and a machine that comes back gets replicas when some are made, and never takes a running one from another.
Shares split(const std::vector<provider::DesiredGroup>& groups, const std::vector<Machine>& machines,
             const Shares& before);

// How many replicas of the release all of them shall run.
std::int32_t replicas_of(const Shares& shares, const std::string& release);
// How many of them the machine shall run.
std::int32_t share_of(const Shares& shares, const std::string& machine, const std::string& release);

}  // namespace slipway::local
