// The commands, each run to its end. They throw cli::Failure.
#pragma once

#include <string>

#include "host/app/configuration.hpp"
#include "tools/cli/exit.hpp"
#include "tools/cli/output.hpp"

namespace slipway::storage_tool {

enum class Migration { done, planned };

// How much there is, and whether the schema is current.
cli::Exit status(cli::Format format, const app::Configuration& configuration);
cli::Exit migrate(cli::Format format, const app::Configuration& configuration, Migration migration);
// `file` must not be there; "-": standard output.
cli::Exit export_to(cli::Format format, const app::Configuration& configuration, const std::string& file);
// "-": standard input.
cli::Exit import_from(cli::Format format, const app::Configuration& configuration, const std::string& file);

}  // namespace slipway::storage_tool
