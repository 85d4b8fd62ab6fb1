// From a strategy's "promoted" to the end: the watch, the old group's time, and its removal. Pure.
#pragma once

#include "host/rollout/record.hpp"

namespace slipway::rollout {

// The analyses of the watch after promotion.
std::vector<strategy::AnalysisWanted> wanted_after(const ApplicationSpec& spec);
// The application's gates that stand before this moment, as they are first asked.
std::vector<GateRun> gates_at(const ApplicationSpec& spec, GateMoment moment, Instant now);
// The gate that keeps the way closed or undecided; null when all are open.
const GateRun* first_shut(const std::vector<GateRun>& gates, gate::Action action);

// The new release is stable from here on. Roles stay as they were until the old group goes, so that analyses compare
// and a way back returns by the same names.
Change promote(const Record& record, const strategy::StepReply& reply, Order order, const provider::Observation& world,
               Instant now);
// The next decision while promoted: the end of the watch, the removal of the old group, success, or the way back.
std::optional<Change> watch(const Record& record, const provider::Observation& world, Instant now,
                            strategy::Wait& waiting);
// How much of the time that nobody looked lies in the watch, which may have begun after it.
Duration unwatched(const Record& record, Duration away, Instant now);
// Ends the watch now.
void finish_watch(Change& change, Instant now);

}  // namespace slipway::rollout
