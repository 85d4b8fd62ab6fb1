// A rollout as people see it. Pure.
#pragma once

#include "host/rollout/record.hpp"

namespace slipway::rollout {

// What is known beyond the record while a rollout is under way.
struct Live {
  const provider::Observation* world = nullptr;
  strategy::Wait waiting;
  std::vector<std::string> troubles;
  std::string host;  // that works on it
};

// Groups as ordered beside what is there.
std::vector<GroupStatus> group_status(const Order& order, const provider::Observation* world);
// The document for the API, `why` included. Without `live` the record alone speaks.
Rollout view(const Record& record, std::int64_t version, const Live* live);

}  // namespace slipway::rollout
