// Small plugins for worlds that test the engine alone: a strategy of steps, a source of numbers, an analyzer of limits,
// a gate, a notifier.
#pragma once

#include <functional>
#include <slipway/interfaces/analyzer.hpp>
#include <slipway/interfaces/gate.hpp>
#include <slipway/interfaces/metrics.hpp>
#include <slipway/interfaces/notifier.hpp>
#include <slipway/interfaces/plugin.hpp>
#include <slipway/interfaces/strategy.hpp>

namespace slipway::sim {

// Settings: {"weights": [50000, 500000], "hold": "5s", "analysis": "errors", "gate": "", "keep": "0"}. All replicas of
// the new release first, then one weight after the other, each held for a time and until its analysis has passed; then
// everything.
class StepStrategy {
 public:
  strategy::ValidateReply validate(const strategy::ValidateRequest& request);
  strategy::PlanReply plan(const strategy::PlanRequest& request);
  strategy::StepReply step(const strategy::StepRequest& request);
  std::function<void(const strategy::StepRequest&)> on_step;
};

// Numbers by release: error_ratio, and requests in every window; with `counts_failures` how many of them failed as
// well.
class FakeMetrics {
 public:
  metrics::DescribeReply describe(const Empty&) { return described; }
  metrics::DescribeReply described;
  metrics::QueryReply query(const metrics::QueryRequest& request);
  std::map<std::string, double> error_ratio;
  bool counts_failures = false;
  std::vector<std::string> warnings;
  std::vector<std::string> asked;  // window ids
  std::function<void(const metrics::QueryRequest&)> on_query;
};

// Settings: {"max_error": 0.02, "count": 3}: pass after `count` good windows, fail at the first bad one.
class LimitAnalyzer {
 public:
  analyzer::ValidateReply validate(const analyzer::ValidateRequest&) { return {}; }
  analyzer::JudgeReply judge(const analyzer::JudgeRequest& request);
};

class FakeGate {
 public:
  gate::CheckReply check(const gate::CheckRequest& request);
  plugin::HealthReply health(const Empty&) { return {}; }
  gate::CheckReply answer{.state = strategy::GateState::open, .reason = "nothing is frozen"};
  int asked = 0;
  std::function<void(const gate::CheckRequest&)> on_check;
};

class FakeNotifier {
 public:
  Empty send(const notifier::SendRequest& request);
  std::vector<notifier::SendRequest> sent;
  std::map<std::string, Code> refuses;  // by type
  int refusals = 0;
};

}  // namespace slipway::sim
