// Turns errno into slipway::Error with a sentence that names the thing.
#pragma once

#include <cerrno>
#include <slipway/status.hpp>
#include <string>
#include <system_error>

namespace slipway::local {

inline std::string errno_text(int number) { return std::generic_category().message(number); }

// `what` reads like: cannot open "/var/x".
[[noreturn]] inline void throw_errno(const std::string& what, int number = errno) {
  throw Error(Code::unavailable, what + ": " + errno_text(number));
}

}  // namespace slipway::local
