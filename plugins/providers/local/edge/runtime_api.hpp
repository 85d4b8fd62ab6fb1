// A client of HAProxy's command line: one connection a line of commands, always with a deadline.
// One thread (that of the executor). Failures throw slipway::Error: UNAVAILABLE when nobody listens, DEADLINE_EXCEEDED
// when nobody answers, FAILED_PRECONDITION for a line that HAProxy would not answer at all.
#pragma once

#include <string>

#include "plugins/providers/local/base/async.hpp"

namespace slipway::local {

class RuntimeApi {
 public:
  explicit RuntimeApi(std::string socket_path, Span deadline = Span(2000));

  // The whole reply to one line. A line is one command or several joined by ';'.
  awaitable<std::string> ask(std::string line);

  [[nodiscard]] const std::string& socket_path() const { return socket_path_; }

 private:
  awaitable<std::string> exchange(std::string line);

  std::string socket_path_;
  Span deadline_;
};

}  // namespace slipway::local
