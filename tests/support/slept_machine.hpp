// A machine that was suspended for an hour: its clocks that count sleep are an hour ahead of the others.
#pragma once

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway::test {

constexpr std::int64_t kSlept = 3600;  // seconds

// What `probe` returns there, in a process of its own; nothing where nobody may make a time namespace.
template <class Probe>
std::optional<int> on_a_slept_machine(const Probe& probe) {
  constexpr int kNotAllowed = 77;
  const auto in_child = [](const auto& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  // Those that are begun after the offset is written are in the namespace, who made it is not.
  const int result = in_child([&] {
    constexpr std::string_view offset = "boottime 3600 0";
    if (::unshare(CLONE_NEWTIME) != 0) return kNotAllowed;
    const int file = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    if (::write(file, offset.data(), offset.size()) < 0) return kNotAllowed;
    return in_child(probe);
  });
  return result == kNotAllowed ? std::nullopt : std::optional(result);
}

}  // namespace slipway::test
