// The system calls on process descriptors; the C library's header does not link from C++.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace slipway::local {

inline int open_pidfd(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)); }
inline void signal_pidfd(int pidfd, int number) { ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0U); }

}  // namespace slipway::local
