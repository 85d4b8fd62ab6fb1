// The access records of the last while, by application and release, in the order of their ends: any window can be
// counted exactly. Bounded by age and by number. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <slipway/values.hpp>
#include <string>
#include <utility>

#include "plugins/metrics/haproxy/buckets.hpp"
#include "plugins/metrics/haproxy/record.hpp"

namespace slipway::haproxy {

// What became of the requests of a group in a window.
struct Counts {
  std::int64_t requests = 0;
  std::int64_t failures = 0;   // status 5xx, or the server broke off
  std::int64_t aborted = 0;    // the client went away
  std::int64_t retries = 0;    // of connections
  std::int64_t by_class[5]{};  // 1xx to 5xx
  bool operator==(const Counts&) const = default;
};

struct HistoryLimits {
  Duration age = seconds(900);
  std::size_t records = 2'000'000;
};

class History {
 public:
  explicit History(HistoryLimits limits) : limits_(limits) {}

  void add(const Record& record, Instant ended);
  // The server of a backend tells which release it serves now: for requests that no server took.
  void serves(std::string_view backend, std::string_view release);

  struct Window {
    Counts counts;
    Histogram latency;
  };
  // Of one application (application_key) and release (server_form).
  [[nodiscard]] Window count(const std::string& application, const std::string& release, Instant from,
                             Instant to) const;
  [[nodiscard]] std::uint64_t records(Instant from, Instant to) const;
  // Records before are forgotten.
  [[nodiscard]] Instant horizon() const { return horizon_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void forget(Instant now);
  // The clock was set back: nothing of before is kept.
  void begin_anew(Instant now);

 private:
  struct Entry {
    std::int64_t ended_ns;
    std::uint32_t total_us;
    std::uint16_t status;
    std::uint8_t retries;
    std::uint8_t flags;
  };
  using Series = std::deque<Entry>;
  using Key = std::pair<std::string, std::string>;

  static Entry entry_of(const Record& record, Instant ended);
  static void count(const Entry& entry, Window& window);
  static std::pair<Series::const_iterator, Series::const_iterator> range(const Series& series, Instant from,
                                                                         Instant to);
  void forget_before(Instant horizon);
  void forget_oldest();

  HistoryLimits limits_;
  std::map<Key, Series> series_;
  std::map<std::string, std::string, std::less<>> serving_;  // backend to release
  std::size_t size_ = 0;
  Instant horizon_;
};

}  // namespace slipway::haproxy
