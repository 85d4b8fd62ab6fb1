// A word where a command should be and that is none, told before the parser only says that something was not expected.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace slipway::cli {

// "\"deplay\" is no command of slipway; did you mean \"deploy\"? …", or empty when every command is known. `words` are
// the program's arguments in order, without its name.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace slipway::cli
