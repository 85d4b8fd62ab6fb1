// Carries out the checks of one query on its replicas.
//
// Threads: the tasks run wherever their waits end, several side by side; each writes to its own place only.
#pragma once

#include <slipway/host.hpp>

#include "plugins/metrics/probe/query.hpp"
#include "plugins/metrics/probe/worker.hpp"

namespace slipway::probe {

// One replica and what its checks found, in the order of the query.
struct Replica {
  std::size_t group = 0;
  std::string address;
  std::string application, release, role;
  std::vector<Outcome> outcomes;
};

// What the checks work with; outlives them.
struct Means {
  Host& host;
  Worker& worker;
};

// Fills in the outcomes. Throws Error only for what is no replica's fault: the caller has given up, or the host
// refuses.
task<void> check_all(Means means, const Query& query, std::vector<Replica>& replicas);

}  // namespace slipway::probe
