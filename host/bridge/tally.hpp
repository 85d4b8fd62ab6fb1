// What became of the calls of one generation: the numbers by which a new one is held against an old one.
#pragma once

#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <optional>
#include <slipway/status.hpp>

#include "host/bridge/latency.hpp"

namespace slipway::bridge {

// Thread-safe. Faults are the statuses by which a plugin shows itself broken: UNKNOWN, DEADLINE_EXCEEDED,
// RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE and DATA_LOSS. Refusals of bad requests are none.
class Tally {
 public:
  struct Counts {
    std::uint64_t calls = 0;
    std::uint64_t faults = 0;
    double seconds = 0;  // of all calls together
    Latency::Counts latency{};

    [[nodiscard]] double fault_ratio() const {
      return calls == 0 ? 0 : static_cast<double>(faults) / static_cast<double>(calls);
    }
    // The time that this share of the calls, above 0, took at most, in microseconds, by the bounds of the buckets.
    // Nothing without calls, or when it is beyond the last bound.
    [[nodiscard]] std::optional<double> quantile_us(double share) const {
      const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(calls)));
      std::uint64_t seen = 0;
      for (std::size_t i = 0; calls > 0 && i < latency.size(); ++i) {
        seen += latency[i];
        if (seen >= wanted) return Latency::upper_us(i);
      }
      return std::nullopt;
    }
    Counts operator-(const Counts& earlier) const {
      Counts since{calls - earlier.calls, faults - earlier.faults, seconds - earlier.seconds};
      for (std::size_t i = 0; i < latency.size(); ++i) since.latency[i] = latency[i] - earlier.latency[i];
      return since;
    }
  };

  void note(Code code, double seconds) {
    const auto taken = static_cast<std::uint64_t>(seconds * 1e9);
    if (is_fault(code)) faults_.fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(taken, std::memory_order_relaxed);
    latency_[Latency::bucket_of(taken)].fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] Counts counts() const {
    Counts counts;
    counts.faults = faults_.load(std::memory_order_relaxed);
    counts.seconds = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
    for (std::size_t i = 0; i < latency_.size(); ++i) {
      counts.latency[i] = latency_[i].load(std::memory_order_relaxed);
      counts.calls += counts.latency[i];
    }
    return counts;
  }
  static constexpr bool is_fault(Code code) {
    return code == Code::unknown || code == Code::deadline_exceeded || code == Code::resource_exhausted ||
           code == Code::internal || code == Code::unavailable || code == Code::data_loss;
  }

 private:
  std::atomic<std::uint64_t> faults_{0};
  std::atomic<std::uint64_t> nanoseconds_{0};
  std::array<std::atomic<std::uint64_t>, Latency::kBuckets> latency_{};  // of all calls
};

}  // namespace slipway::bridge
