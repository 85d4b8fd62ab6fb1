// deploy --simulate; slipway-rehearse does the work.
#pragma once

#include "tools/cli/commands.hpp"

namespace slipway::cli {

struct SimulateOptions {
  bool simulate = false;
  std::string application;  // a file; empty: the host is asked
  std::string recording, group = "stable", start = "5s", limit = "24h", plugins;
  std::vector<std::string> assume, inject, faults;
  bool approve = false;
  std::int64_t seed = 1;
};

void add_simulate_options(CLI::App& command, SimulateOptions& options);
// The application as the host or the file has it: {"spec", "stable_release"}.
Json application_for(Session& session, const SimulateOptions& options, const std::string& name);
Exit simulate(const Session& session, const SimulateOptions& options, const Json& application,
              const std::string& release);

}  // namespace slipway::cli
