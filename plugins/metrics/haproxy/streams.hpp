// The streams of access records, one for each HAProxy process, and what part of time they cover. Not thread-safe.
//
// HAProxy's ring keeps records while nobody reads, so a process that comes back has lost nothing unless its numbers say
// so; a stream's first record may be older than the stream.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "plugins/metrics/haproxy/numbers.hpp"

namespace slipway::haproxy {

class Streams {
 public:
  void connected(std::int32_t pid, Instant now);
  void disconnected(std::int32_t pid, Instant now);
  // False: the record was here before.
  bool take(std::int32_t pid, std::uint64_t number, Instant ended, std::uint64_t mark = 0);
  // The same for what a process that is stopping has kept: all of it once more.
  bool take_kept(std::int32_t pid, std::uint64_t number, Instant ended, std::uint64_t mark);

  [[nodiscard]] bool any() const { return open_streams_ > 0; }
  [[nodiscard]] bool is_connected(std::int32_t pid) const;
  // Part of the time for which somebody was connected, 0 to 1.
  [[nodiscard]] double covered(Instant from, Instant to) const;
  // Records that should have come in the time.
  [[nodiscard]] std::uint64_t missing(Instant from, Instant to) const;
  [[nodiscard]] std::uint64_t missing(Instant until = Numbers::kEver) const;
  [[nodiscard]] std::uint64_t doubled() const;
  // Time of the newest record.
  [[nodiscard]] Instant newest() const { return newest_; }
  void forget_before(Instant horizon);
  // The clock was set back: what was before has times that are still to come.
  void begin_anew(Instant now);

 private:
  struct Process {
    Numbers numbers;
    int streams = 0;
    std::uint64_t records = 0;
    Instant left;
  };
  struct Stretch {
    Instant from;
    Instant to;
    std::int32_t closed_by = 0;
  };

  std::map<std::int32_t, Process> processes_;
  std::deque<Stretch> stretches_;  // the last one is open while anybody is connected
  int open_streams_ = 0;
  Instant newest_;
  std::uint64_t missing_before_ = 0;
  std::uint64_t doubled_before_ = 0;
};

}  // namespace slipway::haproxy
