// What /proc tells about processes. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway::local {

// What a line of /proc/<pid>/stat tells (proc(5)).
struct ProcessStat {
  char state = '?';
  int session = 0;
  std::uint64_t start_time = 0;  // in clock ticks since boot
};
// Nothing when the text is no such line. The program's name in it may hold anything.
std::optional<ProcessStat> parse_stat_line(std::string_view line);

// Clock ticks between boot and the start of the process; with the pid it names a process for as long as the machine
// runs. Nothing when there is no such process or it is a zombie.
std::optional<std::uint64_t> start_time_of(int pid);

// The process that was started with this "NAME=value" in its environment, or nothing. Looks only at session leaders,
// since children inherit the environment.
std::optional<int> find_by_environment(std::string_view entry);

}  // namespace slipway::local
