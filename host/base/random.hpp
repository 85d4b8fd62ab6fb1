// Randomness as an argument: the system's for a running host, a seeded sequence for tests and simulations.
#pragma once

#include <atomic>
#include <cstdint>

namespace slipway::base {

// Safe from any thread.
class Random {
 public:
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual ~Random() = default;

  // 64 uniformly distributed bits.
  virtual std::uint64_t next() = 0;
  // Uniform in [0, bound), without bias. Precondition: bound > 0.
  std::uint64_t below(std::uint64_t bound);
};

// The kernel's generator: good for tokens and keys. Ends the process when the kernel gives none.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): the same seed
// gives the same sequence. Never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace slipway::base
