#include "plugins/metrics/haproxy/buckets.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace slipway::haproxy {
namespace {

constexpr unsigned kBits = 5;

}  // namespace

// A value of n bits lands by its highest six bits: the first is always one, the five after it choose among 32.
std::size_t Histogram::index_of(std::uint32_t us) {
  if (us < 32) return us;
  const unsigned shift = static_cast<unsigned>(std::bit_width(us)) - kBits - 1;
  return (std::size_t{shift} << kBits) + (us >> shift);
}

std::uint32_t Histogram::upper_of(std::size_t index) {
  if (index < 64) return static_cast<std::uint32_t>(index);
  const std::size_t shift = (index >> kBits) - 1;
  const std::uint64_t top = index - (shift << kBits);
  return static_cast<std::uint32_t>(((top + 1) << shift) - 1);
}

void Histogram::add(std::uint32_t us) {
  ++counts_[index_of(us)];
  ++count_;
  largest_ = std::max(largest_, us);
}

std::optional<double> Histogram::quantile(double part) const {
  if (count_ == 0) return std::nullopt;
  const double wanted = std::max(1.0, std::ceil(part * static_cast<double>(count_)));
  double below = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (counts_[i] == 0) continue;
    if (below + counts_[i] < wanted) {
      below += counts_[i];
      continue;
    }
    const double low = i == 0 ? 0 : upper_of(i - 1) + 1.0;
    const double value = low + (upper_of(i) - low) * (wanted - below) / counts_[i];
    return std::min(value, static_cast<double>(largest_));
  }
  return largest_;
}

std::vector<metrics::Bucket> Histogram::buckets() const {
  std::vector<metrics::Bucket> list;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (counts_[i] != 0) list.push_back({upper_of(i), counts_[i]});
  }
  return list;
}

}  // namespace slipway::haproxy
