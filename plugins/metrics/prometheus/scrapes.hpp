// When the targets of a group were scraped, as far as the samples of its counters tell: what is new to Prometheus, and
// what should have told something and did not. Pure.
#pragma once

#include <set>

#include "plugins/metrics/prometheus/answer.hpp"

namespace slipway::prometheus {

// The labels `instance` and `job` of a series; of one without `instance` all that it has, but `le`.
using Target = std::map<std::string, std::string>;
Target target_of(const Series& series);

class Scrapes {
 public:
  // From the samples of all counters of one question and one group; all samples of one scrape have one time.
  explicit Scrapes(const std::vector<Found>& counters);

  // The last scrape of the series' target before that time (milliseconds) which told of any of its counters.
  [[nodiscard]] std::optional<std::int64_t> before(const Series& series, std::int64_t time) const;
  // After this time (milliseconds) without a scrape of it, one is missing: half as much again as the largest of the
  // last times between two. Of a target that was scraped once the others' stands for it; nothing when none was twice.
  [[nodiscard]] std::optional<std::int64_t> due_after(const Target& target) const;

  // Targets that told nothing in the window although they had to.
  [[nodiscard]] std::set<Target> silent(const metrics::Window& window) const;

 private:
  std::map<Target, std::set<std::int64_t>> times_;
  std::optional<std::int64_t> gap_;
};

// Of these targets the ones that Prometheus tried to scrape, by the samples of `up` in the same time. The others are no
// longer on its list: they ended.
std::set<Target> tried(const std::set<Target>& targets, const Found& up);

}  // namespace slipway::prometheus
