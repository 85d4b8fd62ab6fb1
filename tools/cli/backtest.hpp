// analysis backtest: what an analysis would have said of recorded metrics. It runs slipway-backtest.
#pragma once

#include "tools/cli/commands.hpp"

namespace slipway::cli {

// `group` is the command analysis.
void add_backtest(CLI::App& group, Session& session);

}  // namespace slipway::cli
