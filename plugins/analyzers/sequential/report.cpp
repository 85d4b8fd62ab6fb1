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
  return number(ratio.likeliest) + " times as often (" + (ratio.low > 0 ? number(ratio.low) : "0") + " to " +
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

Json of(const Counts& next, const Counts& stable) {
  return {{"requests", next.requests},
          {"bad", next.bad},
          {"baseline_requests", stable.requests},
          {"baseline_bad", stable.bad}};
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

Json numbers(const Findings& findings) {
  Json list = Json::array();
  for (std::size_t i = 0; i < findings.tracks.size(); ++i) {
    const auto& [totals, ratio] = findings.tracks[i];
    Json entry = of(totals.next, totals.stable);
    if (findings.settings.kind == Kind::slow_ratio) entry["edge"] = findings.settings.edges[i];
    if (ratio) {
      entry["ratio"] = ratio->likeliest;
      entry["ratio_low"] = ratio->low;
      if (ratio->high) entry["ratio_high"] = *ratio->high;
    }
    list.push_back(std::move(entry));
  }
  const double evidence = findings.ruling.evidence;
  return {{"tracks", std::move(list)},
          {"log_evidence", std::isfinite(evidence) ? Json(evidence) : Json()},
          {"threshold", findings.ruling.threshold},
          {"intervals", findings.state.intervals},
          {"planned", findings.state.planned},
          {"alpha", findings.settings.alpha},
          {"seed", findings.settings.seed}};
}

}  // namespace slipway::sequential
