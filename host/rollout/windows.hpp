// Windows and verdicts of an analysis. Pure.
#pragma once

#include <slipway/interfaces/analyzer.hpp>

#include "host/rollout/record.hpp"

namespace slipway::rollout {

// The next window to judge. Windows lie on a grid that begins with the run, the same for every group, so that a window
// keeps its number and its time over a restart. Windows that passed unseen for longer than one interval are left out,
// and a wall clock that was set back starts a new grid.
metrics::Window next_window(AnalysisRun& run, const AnalysisSpec& spec, const Rollout& rollout, Instant now);

// The policies' view of a verdict.
strategy::Finding finding_of(analyzer::Verdict verdict, const AnalysisSpec& spec);
// No further window is looked at.
bool concluded(const AnalysisRun& run);
// Takes the judgement into the run; true when the verdict changed.
bool take_judgement(AnalysisRun& run, const AnalysisSpec& spec, const analyzer::JudgeReply& reply);
// For the journal.
JournalEntry verdict_entry(const AnalysisRun& run, const metrics::Window& window, const Record& record, Instant now);

const AnalysisSpec* analysis_of(const ApplicationSpec& spec, std::string_view name);

}  // namespace slipway::rollout
