// Keys and signatures of packages: commands that work on files and need no daemon.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/cli/commands.hpp"

namespace slipway::cli {

// Adds "key new", and "plugin sign" and "plugin verify" to the group "plugin".
void add_trust_commands(CLI::App& app, Session& session);

// Whether a word of the command line is a package's path and no plugin's id: it has a "/", or ends as archives do.
bool names_package(const std::string& word);
// Everything known of a package without running it. `policy`: a site configuration; empty: the local key alone.
Exit inspect_package_file(Session& session, const std::string& package, const std::string& policy);

}  // namespace slipway::cli
