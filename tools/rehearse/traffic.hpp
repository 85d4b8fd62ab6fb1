// What users do in a simulated world, and what a metrics source tells of it: recorded or assumed requests, dealt out to
// the groups by the weights that were in effect.
#pragma once

#include <optional>
#include <slipway/interfaces/metrics.hpp>

#include "tools/backtest/changes.hpp"
#include "tools/rehearse/provider.hpp"

namespace slipway::simulate {

struct TrafficSettings {
  std::string application;
  std::optional<backtest::Recording> recording;
  std::string group;                     // of the recording
  std::map<std::string, double> assume;  // without one
  std::vector<backtest::Injection> injections;
  std::string changed;  // the release that they change
  std::uint64_t seed = 1;
};

// The same window has the same numbers, whoever asks.
class Traffic {
 public:
  Traffic(TrafficSettings settings, const Provider& provider) : settings_(std::move(settings)), provider_(provider) {}

  // The recording and the injections count from here.
  void begin(Instant moment) { begin_ = moment; }
  [[nodiscard]] metrics::DescribeReply describe(const Empty&) const { return {}; }
  [[nodiscard]] metrics::QueryReply query(const metrics::QueryRequest& request);
  // Which of the injections have changed nothing so far, from 0.
  [[nodiscard]] std::vector<std::size_t> idle_injections() const;

 private:
  [[nodiscard]] std::optional<metrics::GroupSamples> all_in(const metrics::Window& window,
                                                            backtest::Draws& draws) const;
  [[nodiscard]] std::optional<metrics::GroupSamples> recorded_in(const metrics::Window& window) const;
  // By release: its part of the traffic.
  [[nodiscard]] std::map<std::string, double> shares_in(const metrics::Window& window) const;

  const TrafficSettings settings_;
  const Provider& provider_;
  Instant begin_;
  std::set<std::size_t> worked_;
};

// Requests at `rate` a second, of which the share error_ratio fails, and their latency in microseconds: lognormal, with
// a 99th percentile of four times the median. Other values as they are.
metrics::GroupSamples assumed(const std::map<std::string, double>& assume, Duration window, backtest::Draws& draws);

}  // namespace slipway::simulate
