// What a plugin's library says of itself once its code runs: the entry function and the table. No more of the host than
// this is in a worker.
#pragma once

#include <slipway/abi/plugin.h>

#include <cstdint>
#include <slipway/status.hpp>
#include <string>
#include <vector>

namespace slipway::loader {

struct HostVersion {
  std::uint32_t abi_major = SLIPWAY_ABI_MAJOR;
  std::uint32_t abi_minor = SLIPWAY_ABI_MINOR;
};

// Calls the entry function. FAILED_PRECONDITION with the plugin's own reason when it refuses.
Result<const slipway_plugin*> ask_entry(slipway_plugin_entry_fn entry, const HostVersion& host);
// The table is of this ABI and complete.
Status check_table(const slipway_plugin& table, const HostVersion& host);
// As the table lists them. Precondition: it was checked.
std::vector<std::string> interfaces_of(const slipway_plugin& table);
// What the table provides is what plugin.json declares.
Status match_interfaces(std::vector<std::string> provided, std::vector<std::string> declared);

}  // namespace slipway::loader
