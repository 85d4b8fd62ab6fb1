// What processes have spent of the processors, in microseconds: a figure that other programs on the machine leave
// alone.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <ctime>

namespace slipway::bench {

inline double processor_time(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

inline double processor_time_here() { return processor_time(CLOCK_PROCESS_CPUTIME_ID); }

// Of a process that is there; 0 when it is not.
inline double processor_time_of(pid_t process) {
  clockid_t clock{};
  return ::clock_getcpuclockid(process, &clock) == 0 ? processor_time(clock) : 0;
}

// Of one that has ended, as wait4 tells it.
inline double processor_time_of(const rusage& used) {
  const auto microseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return microseconds(used.ru_utime) + microseconds(used.ru_stime);
}

}  // namespace slipway::bench
