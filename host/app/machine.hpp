// What a profile's plugins need of the machine: programs that are installed, addresses that are free, files that one
// process may have open.
//
// The programs that plugin.json permits by name are among them, and a plugin's schema says which of its settings are
// such, so that it is known without running any of its code:
//
//   "binary": {"type": "string", "default": "haproxy",
//              "x-slipway-needs": {"what": "program", "when": {"/haproxy/mode": "managed"}}},
//   "bind":   {"type": "string",
//              "x-slipway-needs": {"what": "address", "survivor": "/run_directory"}}
//   "maxconn": {"type": "integer", "default": 4000,
//               "x-slipway-needs": {"what": "files", "each": 2, "more": 256}}
//
// "when" names settings and the texts that they must have for it to count. "survivor" names the setting of a folder:
// a process that was started with a path below it is the plugin's own from before, and may have the address.
// "each" and "more": the setting counts things of which each takes so many files, beside some more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/lifecycle/plan.hpp"

namespace slipway::app {

// A path, or a name to be looked for in PATH, /usr/sbin and /sbin.
bool is_installed(const std::string& program);

// How many files a program that is started from here can be given.
std::uint64_t most_open_files();

// One line for each thing that is lacking, with the way out. Empty when all is there. Blocks on the disk.
std::vector<std::string> machine_lacks(const lifecycle::Plan& plan, std::uint64_t open_files = most_open_files());

}  // namespace slipway::app
