#include "host/base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace slipway::base {

std::uint64_t Random::below(std::uint64_t bound) {
  // Values under this limit would make the low remainders more frequent.
  const std::uint64_t limit = (0 - bound) % bound;
  std::uint64_t value = next();
  while (value < limit) value = next();
  return value % bound;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  while (getrandom(&value, sizeof value, 0) != sizeof value) {
    if (errno != EINTR) std::abort();
  }
  return value;
}

std::uint64_t SeededRandom::next() {
  constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15;
  std::uint64_t z = state_.fetch_add(kGamma, std::memory_order_relaxed) + kGamma;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace slipway::base
