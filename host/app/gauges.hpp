// Numbers that nobody reports by himself: read off the host whenever metrics are asked for.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "host/bridge/routes.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/rollout/engine.hpp"
#include "host/runtime/runtime.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::app {

struct GaugeSources {
  const lifecycle::Lifecycle& lifecycle;
  const loader::Residents& residents;
  const bridge::Routes& routes;
  const runtime::Runtime& runtime;
  const rollout::Engine& engine;
};

// Any thread.
class Gauges {
 public:
  Gauges(GaugeSources sources, telemetry::Metrics& metrics) : sources_(sources), metrics_(metrics) {}
  // Brings the metrics up to date.
  void read();

 private:
  void read_generations();
  void read_instances();
  void read_parked();
  void count_up(const runtime::Instance& instance, const std::string& reason, std::uint64_t total);
  void count_refused(const runtime::Instance& instance);
  std::uint64_t growth(const runtime::Instance& instance, const std::string& what, std::uint64_t total);

  GaugeSources sources_;
  telemetry::Metrics& metrics_;
  std::mutex mutex_;
  struct Counted {
    std::weak_ptr<const runtime::Instance> of;
    std::uint64_t total = 0;
  };
  std::map<std::pair<std::string, std::string>, Counted> counted_;
  std::uint64_t blocking_refused_ = 0;
};

}  // namespace slipway::app
