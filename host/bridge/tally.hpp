// What became of the calls of one generation: the numbers by which a new one is held against an old one.
#pragma once

#include <atomic>
#include <cstdint>
#include <slipway/status.hpp>

namespace slipway::bridge {

// Thread-safe. Faults are the statuses by which a plugin shows itself broken: UNKNOWN, DEADLINE_EXCEEDED,
// RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE and DATA_LOSS. Refusals of bad requests are none.
class Tally {
 public:
  struct Counts {
    std::uint64_t calls = 0;
    std::uint64_t faults = 0;
    double seconds = 0;  // of all calls together

    [[nodiscard]] double fault_ratio() const {
      return calls == 0 ? 0 : static_cast<double>(faults) / static_cast<double>(calls);
    }
    Counts operator-(const Counts& earlier) const {
      return {calls - earlier.calls, faults - earlier.faults, seconds - earlier.seconds};
    }
  };

  void note(Code code, double seconds) {
    calls_.fetch_add(1, std::memory_order_relaxed);
    if (is_fault(code)) faults_.fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(static_cast<std::uint64_t>(seconds * 1e9), std::memory_order_relaxed);
  }
  [[nodiscard]] Counts counts() const {
    return {calls_.load(std::memory_order_relaxed), faults_.load(std::memory_order_relaxed),
            static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9};
  }
  static constexpr bool is_fault(Code code) {
    return code == Code::unknown || code == Code::deadline_exceeded || code == Code::resource_exhausted ||
           code == Code::internal || code == Code::unavailable || code == Code::data_loss;
  }

 private:
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> faults_{0};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

}  // namespace slipway::bridge
