// How long calls took, as a distribution: buckets whose bounds are the same for every generation, so that two can be
// held against each other.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace slipway::bridge {

// Bounds lie an eighth of an octave to an eighth apart, from 1 us to 137 s; below and above there is one bucket each.
class Latency {
 public:
  static constexpr int kFine = 3;  // bits below the leading one that tell buckets apart
  static constexpr int kLowest = 10;
  static constexpr int kOctaves = 27;
  static constexpr std::size_t kBuckets = (std::size_t{kOctaves} << kFine) + 2;
  using Counts = std::array<std::uint64_t, kBuckets>;

  static constexpr std::size_t bucket_of(std::uint64_t ns) {
    if (ns <= lower(1)) return 0;
    const std::uint64_t inside = ns - 1;  // bounds are inclusive
    const int octave = 63 - std::countl_zero(inside);
    if (octave >= kLowest + kOctaves) return kBuckets - 1;
    const auto fine = (inside >> (octave - kFine)) & ((1U << kFine) - 1);
    return 1 + (static_cast<std::size_t>(octave - kLowest) << kFine) + fine;
  }
  // In microseconds, inclusive; nothing for the last.
  static constexpr std::optional<double> upper_us(std::size_t bucket) {
    if (bucket + 1 >= kBuckets) return std::nullopt;
    return static_cast<double>(lower(bucket + 1)) / 1000;
  }

 private:
  // Of buckets from 1 on; exclusive.
  static constexpr std::uint64_t lower(std::size_t bucket) {
    const std::size_t step = bucket - 1;
    const std::uint64_t fine = step & ((1U << kFine) - 1);
    return ((std::uint64_t{1} << kFine) + fine) << (kLowest - kFine + static_cast<int>(step >> kFine));
  }
};

}  // namespace slipway::bridge
