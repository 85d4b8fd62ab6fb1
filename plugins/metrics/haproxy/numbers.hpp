// The numbers of one HAProxy process's records: which are missing, and which came twice. They may arrive a little out
// of order, because HAProxy's threads write side by side. Pure, not thread-safe.
//
// HAProxy 2.6 reads its number and raises it in two moves, so two threads that write at once give two records one
// number and a later number to none: twins. Between its two moves a thread may rest for a time slice, and the other
// goes on meanwhile: the number that nobody has is the one at which the late twin arrives. A mark, unique to each
// record, tells twins from one record that came twice.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <slipway/values.hpp>
#include <vector>

namespace slipway::haproxy {

class Numbers {
 public:
  static constexpr Instant kEver{INT64_MAX};
  // How many records may come before one with a smaller number.
  static constexpr std::uint64_t kDisorder = 64;

  // Whether a record that was here before is counted as doubled: not when everything is read once more.
  enum class Again { counted, expected };

  // False: this record was here before.
  bool take(std::uint64_t number, Instant at, std::uint64_t mark = 0, Again again = Again::counted);
  // Numbers that should have come in a time.
  [[nodiscard]] std::uint64_t missing(Instant from, Instant to) const;
  // All that were ever given up as lost, and those that are missing now between records of before `until`.
  [[nodiscard]] std::uint64_t missing(Instant until = kEver) const;
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
  // The newest records by number; of more twins than there is place for the last marks stay.
  static constexpr std::size_t kRecent = 1024;
  static constexpr std::size_t kTwins = 4;
  struct Recent {
    std::uint64_t number = 0;
    std::size_t count = 0;
    std::array<std::uint64_t, kTwins> marks{};
  };
  enum class Known { no, by_number, by_mark };
  [[nodiscard]] Known known(std::uint64_t number, std::uint64_t mark) const;
  void remember(std::uint64_t number, std::uint64_t mark);
  bool is_new(std::uint64_t number, std::uint64_t mark);
  bool fill(std::uint64_t number);
  bool is_early(std::uint64_t number);
  void pass_over();

  bool begun_ = false;
  std::uint64_t first_ = 0;
  std::uint64_t early_ = 0;  // bit n: the number n + 1 below the first was here
  std::uint64_t highest_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t given_up_ = 0;
  struct Twin {
    std::uint64_t number;
    std::uint64_t until;  // the number that nobody has is not above it
  };
  std::vector<Twin> twins_;  // whose number that nobody has did not show yet
  Instant last_;
  std::deque<Gap> gaps_;
  std::vector<Recent> recent_{kRecent};
};

}  // namespace slipway::haproxy
