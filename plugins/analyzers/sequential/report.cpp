#include "plugins/analyzers/sequential/report.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/analyzers/sequential/counts.hpp"
#include "plugins/analyzers/sequential/words.hpp"

namespace slipway::sequential {
namespace {

using analyzer::Verdict;

std::string counted(const Counts& counts) {
  return number(counts.bad) + " of " + number(counts.requests) + " requests (" + percent(counts.bad, counts.requests) +
         ")";
}

// "3 times as often (1.9 to 4.8)".
std::string ratio_words(const RatioBounds& ratio) {
  constexpr double kClose = 1e-3;
  const bool beyond = std::log(ratio.likeliest) > kCurveEnd - kClose;
  const bool below = std::log(ratio.likeliest) < -kCurveEnd + kClose;
  return (beyond  ? "at least "
          : below ? "at most "
                  : "") +
         number(ratio.likeliest) + " times as often (" + (ratio.low > 0 ? number(ratio.low) : "0") + " to " +
         (ratio.high ? number(*ratio.high) : "any") + ")";
}

std::string seen(const Findings& findings, std::size_t track) {
  const auto& [totals, ratio] = findings.tracks[track];
  const std::string next = "next: " + counted(totals.next) + " " + bad_means(findings.settings, track);
  if (findings.settings.kind == Kind::absolute)
    return next + ", where " + number(100 * findings.settings.absolute_floor) + " % may";
  const std::string both = next + ", " + findings.baseline + ": " + counted(totals.stable);
  return ratio ? both + ", " + ratio_words(*ratio) : both;
}

std::string conclusion(const Findings& findings) {
  const auto& [verdict, code, evidence, threshold] = findings.ruling;
  const Settings& settings = findings.settings;
  std::string against = "log-evidence " + number(evidence) + " of the " + number(threshold) + " that alpha " +
                        number(settings.alpha) + " asks for";
  if (verdict == Verdict::fail) return "that is not chance: " + against;
  if (verdict == Verdict::pass)
    return "certain to be below " + number(settings.pass_ratio) + " times the baseline, or below " +
           number(100 * settings.absolute_floor) + " % of all, but for a chance of " + number(settings.beta);
  if (verdict == Verdict::inconclusive) return "undecided after " + to_string(settings.max_duration) + ": " + against;
  if (code == "min_duration") return "it could pass, but not before " + to_string(settings.min_duration);
  return against;
}

void write(TextWriter& out, std::string_view name, std::int64_t value) {
  out.field(name);
  out.integer(value);
}
void write(TextWriter& out, std::string_view name, double value) {
  out.field(name);
  out.number(value);
}

void write(TextWriter& out, const Findings& findings, std::size_t track) {
  const auto& [totals, ratio] = findings.tracks[track];
  out.begin_object();
  write(out, "bad", totals.next.bad);
  write(out, "baseline_bad", totals.stable.bad);
  write(out, "baseline_requests", totals.stable.requests);
  if (findings.settings.kind == Kind::slow_ratio) write(out, "edge", findings.settings.edges[track]);
  if (ratio) write(out, "ratio", ratio->likeliest);
  if (ratio && ratio->high) write(out, "ratio_high", *ratio->high);
  if (ratio) write(out, "ratio_low", ratio->low);
  write(out, "requests", totals.next.requests);
  out.end_object();
}

}  // namespace

TrackFound found(const Evidence& track, const Settings& settings) {
  TrackFound found{track.totals(), std::nullopt};
  const bool compares = settings.kind != Kind::absolute && found.totals.next.bad + found.totals.stable.bad > 0;
  if (compares) found.ratio = track.ratio(settings.alpha);
  return found;
}

std::string sentence(const Findings& findings) {
  std::string text;
  for (std::size_t i = 0; i < findings.tracks.size(); ++i) text += (i == 0 ? "" : "; ") + seen(findings, i);
  return text + "; " + conclusion(findings);
}

// As text at once: as a tree it would be dozens of small pieces of the heap, at every look.
JsonText numbers(const Findings& findings) {
  TextWriter out;
  out.begin_object();
  write(out, "alpha", findings.settings.alpha);
  write(out, "intervals", findings.state.intervals);
  write(out, "log_evidence", findings.ruling.evidence);
  write(out, "planned", findings.state.planned);
  write(out, "seed", findings.settings.seed);
  write(out, "threshold", findings.ruling.threshold);
  out.field("tracks");
  out.begin_array();
  for (std::size_t i = 0; i < findings.tracks.size(); ++i) write(out, findings, i);
  out.end_array();
  out.end_object();
  return {out.take()};
}

}  // namespace slipway::sequential
