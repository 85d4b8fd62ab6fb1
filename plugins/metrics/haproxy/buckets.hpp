// Buckets for times in microseconds: exact below 32, then 32 to each doubling, so that a bound is at most 3.2 % above
// any value in its bucket.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <slipway/interfaces/metrics.hpp>
#include <vector>

namespace slipway::haproxy {

class Histogram {
 public:
  void add(std::uint32_t microseconds);
  [[nodiscard]] std::int64_t count() const { return count_; }
  // The value (microseconds) that `part` of the observations, above 0 up to 1, are at or below; as if those of a bucket
  // were spread evenly over it. Nothing without observations.
  [[nodiscard]] std::optional<double> quantile(double part) const;
  [[nodiscard]] std::uint32_t largest() const { return largest_; }
  // The buckets that have observations, in order.
  [[nodiscard]] std::vector<metrics::Bucket> buckets() const;

  static std::size_t index_of(std::uint32_t microseconds);
  // Largest value that belongs to the bucket.
  static std::uint32_t upper_of(std::size_t index);

 private:
  static constexpr std::size_t kBuckets = 32 * 28;
  std::array<std::uint32_t, kBuckets> counts_{};
  std::int64_t count_ = 0;
  std::uint32_t largest_ = 0;
};

}  // namespace slipway::haproxy
