// Collects records and counters on a thread of its own, and answers questions about windows of time.
#pragma once

#include <functional>
#include <memory>
#include <slipway/interfaces/metrics.hpp>
#include <slipway/interfaces/plugin.hpp>
#include <string>

#include "plugins/metrics/haproxy/history.hpp"

namespace slipway::haproxy {

struct CollectorSettings {
  std::string records_socket;
  std::string stats_socket;
  std::string ring;  // which records go through
  Duration sample_every = milliseconds(500);
  Duration grace = milliseconds(50);  // how long a window's last records are waited for
  HistoryLimits history;
};

// Called on the collector's thread.
struct CollectorEvents {
  std::function<void(const std::string& problem)> problem;
  std::function<void(std::uint64_t count)> lost;
  std::function<void(std::uint64_t count)> doubled;
};

class Collector {
 public:
  using Done = std::function<void(Result<metrics::QueryReply>)>;

  // Listens and runs when it returns; throws Error when it can't. The destructor ends the thread; questions still open
  // are answered UNAVAILABLE, on the destroying thread.
  Collector(CollectorSettings settings, CollectorEvents events);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  ~Collector();

  // `done` is called once, within about a second, on the collector's thread. [any thread]
  void query(metrics::QueryRequest request, Done done);
  // Lets HAProxy go to a successor; questions are still answered. [any thread]
  void hand_over();
  [[nodiscard]] std::vector<plugin::HealthCheck> health() const;  // [any thread]

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace slipway::haproxy
