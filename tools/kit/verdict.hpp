// How a test of a plugin ended, and why.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::kit {

// pass, warn and fail are the test's own word; crash and hang are what its process came to; skip: it does not apply.
enum class Verdict : std::uint8_t { pass, warn, fail, crash, hang, skip };
inline constexpr std::array<std::string_view, 6> kVerdictNames{"pass", "warn", "fail", "crash", "hang", "skip"};
constexpr std::string_view name_of(Verdict verdict) { return kVerdictNames[static_cast<std::size_t>(verdict)]; }

struct Outcome {
  Verdict verdict = Verdict::pass;
  std::string reason;  // of a pass: what was measured, or empty
};

// Thrown by a test to end it.
class Ended : public std::exception {
 public:
  explicit Ended(Outcome outcome) : outcome_(std::move(outcome)) {}
  [[nodiscard]] const char* what() const noexcept override { return outcome_.reason.c_str(); }
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

 private:
  Outcome outcome_;
};

[[noreturn]] inline void fail(std::string reason) { throw Ended({Verdict::fail, std::move(reason)}); }
[[noreturn]] inline void warn(std::string reason) { throw Ended({Verdict::warn, std::move(reason)}); }
[[noreturn]] inline void skip(std::string reason) { throw Ended({Verdict::skip, std::move(reason)}); }

}  // namespace slipway::kit
