// Ids that sort by the time they were made.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/random.hpp"

namespace slipway::base {

inline constexpr std::size_t kIdLength = 26;

// 26 characters of Crockford's base 32 in lower case: 48 bits of milliseconds, then 80 random bits (the layout of the
// ULID specification). Each id of one source is greater than the one before, whatever the clock does. Thread-safe.
class IdSource {
 public:
  IdSource(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  std::string next();

 private:
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::uint64_t millisecond_ = 0;
  std::uint16_t high_ = 0;  // of the 80 random bits
  std::uint64_t low_ = 0;
};

// Whether the text has the form of an id. Says nothing about whether it was ever given out.
bool is_id(std::string_view text);

}  // namespace slipway::base
