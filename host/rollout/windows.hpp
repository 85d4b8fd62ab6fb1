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
// No further window is looked at: it failed, or passed by its own evidence. What passes by a policy alone may still
// fail.
bool concluded(const AnalysisRun& run);
// It goes on and has measured nothing yet, and its policy does not let missing data pass: no data is no success.
bool unmeasured(const AnalysisRun& run, const ApplicationSpec& spec);
// Takes the judgement into the run; true when the verdict changed.
bool take_judgement(AnalysisRun& run, const AnalysisSpec& spec, const analyzer::JudgeReply& reply);
// Keeps what the source warned about, each sentence once.
void take_warnings(AnalysisStatus& status, const std::vector<std::string>& warnings);
// For the journal: the verdict with the whole question, so that its analyzer can be asked again and answers the same.
JournalEntry verdict_entry(const AnalysisRun& run, const analyzer::JudgeRequest& question, const Record& record,
                           Instant now);

const AnalysisSpec* analysis_of(const ApplicationSpec& spec, std::string_view name);

}  // namespace slipway::rollout
