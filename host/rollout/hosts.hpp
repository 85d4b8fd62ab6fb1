// The hosts of a store, as people see and steer them, whichever of them they ask. Safe from any thread.
#pragma once

#include <vector>

#include "host/rollout/host_model.hpp"
#include "host/rollout/ownership.hpp"
#include "host/rollout/store.hpp"

namespace slipway::rollout {

class Hosts {
 public:
  Hosts(Store& store, Ownership& ownership, const base::Clock& clock, const EngineSettings& settings)
      : store_(store), ownership_(ownership), clock_(clock), settings_(settings) {}

  // In the order of their names.
  Later<std::vector<HostInfo>> list();
  // NOT_FOUND names the hosts that there are; FAILED_PRECONDITION when nobody else would take the work. The drain of a
  // host that was lost meanwhile can be undone: it answers as a silent one without any work.
  Later<HostInfo> drain(std::string name, Draining draining, Mode mode);

 private:
  boost::asio::awaitable<HostInfo> info_of(const Roster& roster, const RosterHost& host);

  Store& store_;
  Ownership& ownership_;
  const base::Clock& clock_;
  const EngineSettings& settings_;
};

}  // namespace slipway::rollout
