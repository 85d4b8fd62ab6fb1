// How the programs end. Documented in docs/reference/cli.md.
#pragma once

#include <string>
#include <utility>

namespace slipway::cli {

enum class Exit { done = 0, failed = 1, usage = 2, rolled_back = 3, timed_out = 4, refused = 5 };

// Thrown when something is not as it was wanted. `status` is the HTTP status of the answer, or what one would be; 0
// when nothing answered.
class Failure {
 public:
  Failure(int status, std::string message) : status_(status), message_(std::move(message)) {}
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  int status_;
  std::string message_;
};

// How a program ends after an answer with this HTTP status; 0: there was none.
inline Exit exit_of_answer(int http_status) {
  if (http_status == 0 || http_status >= 500) return Exit::failed;
  return http_status == 400 || http_status == 422 ? Exit::usage : Exit::refused;
}

}  // namespace slipway::cli
