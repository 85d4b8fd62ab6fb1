// storage status, migrate, export and import; slipway-storage does the work.
#pragma once

#include "tools/cli/commands.hpp"

namespace slipway::cli {

void add_storage_commands(CLI::App& app, Session& session);

}  // namespace slipway::cli
