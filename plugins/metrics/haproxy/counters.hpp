// HAProxy's live counters over time: differences between samples, whatever process they came from. Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <slipway/values.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/metrics/haproxy/history.hpp"

namespace slipway::haproxy {

// What `show info; show stat` told at one moment.
struct Sample {
  Instant at;
  std::int32_t pid = 0;
  std::map<std::string, Counts> backends;
  std::map<std::string, std::string>
      releases;  // backend to release, by its servers' names; left out when there are several
};
// Nothing for a text that is no such answer.
std::optional<Sample> parse_sample(std::string_view text, Instant at);

class Counters {
 public:
  void take(const Sample& sample);
  // The clock was set back: nothing of before is kept.
  void begin_anew();
  // The first sample at or after the moment is there.
  [[nodiscard]] bool reaches(Instant moment) const;
  [[nodiscard]] std::int32_t pid() const { return pid_; }

  struct Delta {
    Counts counts;
    double completeness = 0;
  };
  // What the backends of the application that serve the release counted from the first sample at or after `from` to the
  // first at or after `to`, so that windows which touch share no request and lose none. Nothing when samples are
  // missing there, or when a backend changed its release meanwhile.
  [[nodiscard]] std::optional<Delta> between(const std::string& application, const std::string& release, Instant from,
                                             Instant to) const;

 private:
  struct Point {
    Instant at;
    Counts total;
    std::string release;
  };
  struct Moment {
    Instant at;
    bool restarted = false;  // another process than at the sample before
  };
  [[nodiscard]] std::optional<std::size_t> first_at(Instant moment) const;
  [[nodiscard]] static const Point* at_or_before(const std::deque<Point>& points, Instant at);
  [[nodiscard]] double gap_between(std::size_t first, std::size_t last) const;
  static bool add(const std::deque<Point>& points, const std::string& release, Instant from, Instant to, Counts& sum);
  void forget(Instant horizon);

  std::int32_t pid_ = 0;
  std::deque<Moment> moments_;
  std::map<std::string, Counts> last_;               // as the process told them
  std::map<std::string, std::deque<Point>> points_;  // totals over all processes, where they changed
};

}  // namespace slipway::haproxy
