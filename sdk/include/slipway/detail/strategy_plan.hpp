// Plans: a strategy's own step, run in an ideal world whose clock jumps from one event to the next.
//
// In that world replicas are ready after the request's start_time, traffic moves at once, analyses pass after the least
// time that the request gives them, gates open, and a person says yes the moment that somebody is asked.
#pragma once

#include <functional>
#include <slipway/interfaces/strategy.hpp>

namespace slipway::detail {

using Decide =
    std::function<strategy::StepReply(const JsonText& state, const strategy::Observation& seen, Instant now)>;

// Stops when the strategy is done, when nothing more can happen, or after 2,000 steps; then the last moment says so.
strategy::PlanReply plan(const strategy::PlanRequest& request, const Decide& decide);

}  // namespace slipway::detail
