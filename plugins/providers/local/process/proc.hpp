// What /proc tells about processes. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway::local {

// Clock ticks between boot and the start of the process; with the pid it names a process for as long as the machine
// runs. Nothing when there is no such process or it is a zombie.
std::optional<std::uint64_t> start_time_of(int pid);

// The process that was started with this "NAME=value" in its environment, or nothing. Looks only at session leaders,
// since children inherit the environment.
std::optional<int> find_by_environment(std::string_view entry);

}  // namespace slipway::local
