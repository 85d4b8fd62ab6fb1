// The whole command line as data: every command and option, and how the program ends.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "tools/cli/commands.hpp"

namespace slipway::cli {

// What holds for every command, with its defaults.
struct GlobalOptions {
  std::string url = "http://127.0.0.1:7070";
  std::string token_file = "/var/lib/slipway/token";
  std::string tenant;
  std::string format = "table";
};

// Adds every option and command to the parser. What is passed in must outlive it; the values that `options` has
// become the defaults.
void add_program(CLI::App& app, Session& session, GlobalOptions& options);

// Each way to end, in order of its number, and when it is chosen.
inline constexpr std::array<std::pair<Exit, std::string_view>, 6> kExits{{
    {Exit::done, "done"},
    {Exit::failed, "failed"},
    {Exit::usage, "usage"},
    {Exit::rolled_back, "rolled back"},
    {Exit::timed_out, "timed out waiting"},
    {Exit::refused, "refused"},
}};

}  // namespace slipway::cli
