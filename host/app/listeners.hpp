// Who listens at an address of this machine already. Linux: reads /proc.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace slipway::app {

// Processes that have the address, as far as this user may look at them.
struct Listeners {
  struct Process {
    std::string name;                    // "haproxy (pid 12)"
    std::vector<std::string> arguments;  // none: it is ending
  };
  std::vector<Process> processes;
};

// Nothing when the address is free, or is none that can be looked up: "address:port", "[address]:port", "*:port", where
// the address is a number. Listens nowhere itself.
std::optional<Listeners> listeners_at(const std::string& address);

}  // namespace slipway::app
