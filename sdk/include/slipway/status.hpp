// How an operation ended, for plugins and for the host. Plain values: copy them, compare them, no thread rules.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {

// The canonical gRPC codes; the numbers are those of the ABI (slipway_status).
enum class Code : std::int32_t {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

// "INVALID_ARGUMENT" and so on; "UNKNOWN" for a number that is no code.
constexpr std::string_view name_of(Code code) {
  constexpr std::string_view kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kNames) ? kNames[index] : "UNKNOWN";
}

// One fault in a document: where (an RFC 6901 JSON pointer), what was there (as JSON text, may be empty), what is
// allowed.
struct Problem {
  std::string path;
  std::string value;
  std::string message;
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

// A code, a sentence for a person, and the faults found when the cause is a document.
struct Status {
  Code code = Code::ok;
  std::string message;
  Problems problems;

  Status() = default;
  Status(Code c, std::string text, Problems faults = {})
      : code(c), message(std::move(text)), problems(std::move(faults)) {}

  [[nodiscard]] bool ok() const { return code == Code::ok; }
  bool operator==(const Status&) const = default;
};

// One line: "INVALID_ARGUMENT: message; /path: message (was value); …".
std::string to_string(const Status& status);

// Thrown inside a plugin to end the current call with a status. It never crosses the ABI.
class Error : public std::runtime_error {
 public:
  explicit Error(Status status) : std::runtime_error(status.message), status_(std::move(status)) {}
  Error(Code code, std::string message) : Error(Status(code, std::move(message))) {}
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  Status status_;
};

// A value or the status that stood in its way. Precondition of value(): ok().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) { assert(!status_.ok()); }

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const T& value() const& { return value_.value(); }
  [[nodiscard]] T& value() & { return value_.value(); }
  [[nodiscard]] T&& value() && { return std::move(value_).value(); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  // The failure; an ok status when there is a value.
  [[nodiscard]] Status status() const { return status_; }

 private:
  // Not a variant of the two: the compiler would spend a tenth of a build on its bases.
  std::optional<T> value_;
  Status status_;
};

// The value, or Error thrown: for use inside plugins.
template <class T>
T value_or_throw(Result<T> result) {
  if (!result.ok()) throw Error(result.status());
  return std::move(result).value();
}

}  // namespace slipway
