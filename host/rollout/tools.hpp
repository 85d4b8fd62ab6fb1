// What every part of the engine works with. References: the owner outlives them all.
#pragma once

#include "host/base/forward_clock.hpp"
#include "host/base/ids.hpp"
#include "host/rollout/census.hpp"
#include "host/rollout/current_wiring.hpp"
#include "host/rollout/feed.hpp"
#include "host/rollout/ownership.hpp"
#include "host/rollout/rest_bell.hpp"
#include "host/rollout/store.hpp"
#include "host/rollout/strategy_uses.hpp"
#include "host/rollout/trimmer.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"
#include "host/telemetry/tracer.hpp"

namespace slipway::rollout {

// How long the phases of a step take.
struct StepTimes {
  telemetry::Histogram observe, decide, commit, apply, analyse;
};

struct Tools {
  bridge::Caller& caller;
  base::ForwardClock& clock;
  Timers& timers;
  base::IdSource& ids;
  base::Random& random;
  const telemetry::Log& log;
  telemetry::Metrics& metrics;
  const EngineSettings& settings;
  Store& store;
  Ownership& ownership;
  Feed& feed;
  Trimmer& trimmer;
  Census& census;
  const CurrentWiring& wiring;
  StrategyUses& uses;
  RestBell& rest_bell;
  StepTimes times;
  telemetry::Tracer* tracer = nullptr;  // null: nobody wants spans
};

}  // namespace slipway::rollout
