// The numbers of one HAProxy process's records: which are missing, and which came twice. They may arrive a little out
// of order, because HAProxy's threads write side by side. Pure, not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <slipway/values.hpp>

namespace slipway::haproxy {

class Numbers {
 public:
  // How many records may come before one with a smaller number.
  static constexpr std::uint64_t kDisorder = 64;

  // False: this number was here before.
  bool take(std::uint64_t number, Instant at);
  // Numbers that should have come in a time.
  [[nodiscard]] std::uint64_t missing(Instant from, Instant to) const;
  // All that were ever given up as lost, and those that are missing now.
  [[nodiscard]] std::uint64_t missing() const;
  [[nodiscard]] std::uint64_t doubled() const { return doubled_; }
  [[nodiscard]] Instant last() const { return last_; }
  void forget_before(Instant horizon);

 private:
  static constexpr std::size_t kMostGaps = 1024;
  struct Gap {
    std::uint64_t first;
    std::uint64_t last;
    Instant before;  // times of the records on both sides
    Instant after;
  };
  bool fill(std::uint64_t number);
  bool is_early(std::uint64_t number);

  bool begun_ = false;
  std::uint64_t first_ = 0;
  std::uint64_t early_ = 0;  // bit n: the number n + 1 below the first was here
  std::uint64_t highest_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t given_up_ = 0;
  Instant last_;
  std::deque<Gap> gaps_;
};

}  // namespace slipway::haproxy
