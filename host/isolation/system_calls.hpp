// Which system calls a worker may make: a list of those that are allowed, as a program for the kernel's filter
// (seccomp(2), made by libseccomp). Every other call fails with EPERM.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <slipway/status.hpp>
#include <string>
#include <vector>

namespace slipway::isolation {

enum class Grant : bool { no, yes };
enum class Files : std::uint8_t { none, some, all };

struct SystemCalls {
  pid_t worker = 0;                // the only process that it may send a signal to
  Grant network = Grant::no;       // sockets of IPv4 and IPv6; never raw ones
  Grant unix_sockets = Grant::no;  // by any name
  Files files = Files::none;       // opening files and changing them; some: with what Landlock sees alone
  Grant loading = Grant::no;       // opening files for reading, and mapping code
};

// Safe from any thread. UNAVAILABLE when libseccomp can't make it on this machine.
Result<std::string> filter_of(const SystemCalls& allowed);

// The same for people, in no order: names, each with what its arguments (from 0) have to be, "fcntl 1=4 2&8192=0".
std::vector<std::string> rules_of(const SystemCalls& allowed);

}  // namespace slipway::isolation
