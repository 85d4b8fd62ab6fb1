#include "tools/backtest/report.hpp"

#include <algorithm>

#include "tools/cli/output.hpp"

namespace slipway::backtest {
namespace {

using analyzer::Verdict;

std::string name_of(Verdict verdict) { return std::string(to_name(verdict)); }

Duration took(const Run& run) { return run.looks.back().at - run.started; }

// From the injection's begin to the failure; none where nothing was injected, and for a failure whose last window began
// before it: that window has no injected data.
std::optional<Duration> detection_time(const Summary& summary, const Run& run) {
  const bool detected = run.verdict() == Verdict::fail && summary.injected_after &&
                        took(run) - summary.recording.interval >= *summary.injected_after;
  return detected ? std::optional(took(run) - *summary.injected_after) : std::nullopt;
}

// How all runs ended: the times of each end, sorted.
struct Ends {
  std::vector<Duration> false_alarms;
  std::vector<Duration> detections;
  std::vector<Duration> passes;
};

Ends ends_of(const Summary& summary) {
  Ends ends;
  for (const Run& run : summary.runs) {
    if (const auto time = detection_time(summary, run))
      ends.detections.push_back(*time);
    else if (run.verdict() == Verdict::fail)
      ends.false_alarms.push_back(took(run));
    else if (run.verdict() == Verdict::pass)
      ends.passes.push_back(took(run));
  }
  for (auto* times : {&ends.false_alarms, &ends.detections, &ends.passes}) std::sort(times->begin(), times->end());
  return ends;
}

Duration median_of(const std::vector<Duration>& sorted) { return sorted[sorted.size() / 2]; }

std::string decision(const Run& run) {
  const std::string what = run.decided() ? name_of(run.verdict()) : "undecided (" + name_of(run.verdict()) + ")";
  return what + " after " + cli::brief(took(run)) + ", " + std::to_string(run.looks.size()) + " looks";
}

Json look_document(const Look& look) {
  Json document{{"at", to_string(look.at)},
                {"verdict", name_of(look.verdict)},
                {"code", look.code},
                {"reason", look.reason},
                {"evidence", look.evidence}};
  if (look.next_requests) document["requests"] = *look.next_requests;
  if (look.stable_requests) document["baseline_requests"] = *look.stable_requests;
  return document;
}

Json runs_document(const Summary& summary) {
  const Ends ends = ends_of(summary);
  const std::size_t decided = ends.false_alarms.size() + ends.detections.size() + ends.passes.size();
  Json document{{"count", summary.runs.size()},
                {"false_alarms", ends.false_alarms.size()},
                {"passes", ends.passes.size()},
                {"undecided", summary.runs.size() - decided}};
  if (!ends.false_alarms.empty()) document["median_time_to_false_alarm"] = to_string(median_of(ends.false_alarms));
  if (!ends.passes.empty()) document["median_time_to_pass"] = to_string(median_of(ends.passes));
  if (summary.injected_after) document["detections"] = ends.detections.size();
  if (!ends.detections.empty()) document["median_time_to_detection"] = to_string(median_of(ends.detections));
  return document;
}

std::string counted(const std::vector<Duration>& times, const std::string& what) {
  return std::to_string(times.size()) + what + (times.empty() ? "" : " after " + cli::brief(median_of(times)));
}

std::string runs_text(const Summary& summary) {
  const Ends ends = ends_of(summary);
  std::string text = "of " + std::to_string(summary.runs.size()) + " runs ";
  if (summary.injected_after) text += counted(ends.detections, " detected the injection") + ", ";
  text += counted(ends.false_alarms, " raised a false alarm") + ", " + counted(ends.passes, " passed") + ", ";
  return text + runs_document(summary)["undecided"].dump() + " did not decide (times are medians)\n";
}

}  // namespace

Json document_of(const Summary& summary) {
  const Run& run = summary.first;
  Json document{{"file", summary.request.file},
                {"analyzer", summary.request.analyzer},
                {"method", run.method},
                {"settings", summary.request.settings},
                {"from", to_string(run.started)},
                {"interval", to_string(summary.recording.interval)},
                {"windows", summary.recording.windows.size()},
                {"inject", summary.request.inject},
                {"seed", summary.request.seed},
                {"decided", run.decided()},
                {"verdict", name_of(run.verdict())},
                {"at", to_string(run.looks.back().at)},
                {"after", to_string(took(run))},
                {"code", run.looks.back().code},
                {"reason", run.looks.back().reason}};
  if (!summary.recording.warnings.empty()) document["warnings"] = summary.recording.warnings;
  if (summary.request.alpha_share != 1) document["alpha_share"] = summary.request.alpha_share;
  if (summary.request.weight) document["weight"] = to_string(*summary.request.weight);
  if (summary.request.split) document["split"] = to_string(*summary.request.split);
  if (const auto time = detection_time(summary, run)) document["time_to_detection"] = to_string(*time);
  for (const Look& look : run.looks) document["looks"].push_back(look_document(look));
  if (summary.runs.size() > 1) document["runs"] = runs_document(summary);
  return document;
}

std::string text_of(const Summary& summary) {
  const Run& run = summary.first;
  std::vector<std::vector<std::string>> rows;
  for (const Look& look : run.looks) {
    const bool changed = rows.empty() || rows.back()[2] != name_of(look.verdict) || &look == &run.looks.back();
    if (!changed) continue;
    rows.push_back({to_string(look.at), cli::brief(look.at - run.started), name_of(look.verdict), look.reason});
  }
  std::string text = cli::table({"AT", "AFTER", "VERDICT", "REASON"}, rows);
  for (const std::string& warning : summary.recording.warnings) text += "warning: " + warning + "\n";
  text += summary.request.analyzer + " over " + summary.request.file + ": " + decision(run) + "\n";
  if (const auto time = detection_time(summary, run))
    text += "detected " + cli::brief(*time) + " after the injection\n";
  return summary.runs.size() > 1 ? text + runs_text(summary) : text;
}

}  // namespace slipway::backtest
