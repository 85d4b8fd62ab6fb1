// Threshold: each window is measured by conditions over its numbers; counters with limits make the verdict.
#include <array>
#include <cstdio>

#include "plugins/analyzers/threshold/counters.hpp"
#include "plugins/analyzers/threshold/false_alarm.hpp"
#include "plugins/analyzers/threshold/measure.hpp"

namespace slipway::threshold {
namespace {

// Above this the reason warns.
constexpr double kTolerable = 0.05;

// What the settings imply, where that is too much.
std::string warning_of(std::optional<double> chance) {
  if (chance.value_or(0) <= kTolerable) return "";
  std::array<char, 128> warning{};
  std::snprintf(warning.data(), warning.size(),
                "; these limits fail a release like the running one with a chance of %.3g %% at this traffic",
                100 * *chance);
  return warning.data();
}

class Threshold : public Analyzer<Settings, State> {
 public:
  Judgement judge(const Settings& written, State state, const analyzer::JudgeRequest& request) const {
    const Settings settings = effective(written);
    const Conditions conditions = value_or_throw(conditions_of(settings));
    Finding finding = measure(settings, conditions, request);
    const Measurement counted = effective(settings, finding.measurement);
    count(state, counted);
    if (finding.measurement != Measurement::error) observe(state, request);
    const Ruling ruling = rule(settings, state, counted);
    analyzer::JudgeReply reply;
    reply.verdict = ruling.verdict;
    reply.code = ruling.code;
    const std::optional<double> chance = false_alarm(settings, conditions, state);
    if (chance) finding.evidence["false_alarm"] = *chance;
    reply.reason = finding.sentence + " (" + standing(settings, state, counted) + ")" + warning_of(chance);
    reply.method = "threshold/1";
    reply.evidence = json_text(finding.evidence);
    reply.measurements = state.measurements;
    return {state, std::move(reply)};
  }

  Problems check(const Settings& settings) const {
    Problems problems = conditions_of(settings).status().problems;
    if (!(settings.min_completeness >= 0 && settings.min_completeness <= 1))
      problems.push_back({"/min_completeness", to_text(settings.min_completeness), "want a part of a window, 0 to 1"});
    return problems;
  }

  std::int32_t least_windows(const Settings& settings) const {
    return settings.consecutive_success_limit > 0 ? settings.consecutive_success_limit : settings.count;
  }

  bool compares(const Settings& settings) const { return reads_baseline(value_or_throw(conditions_of(settings))); }

  std::vector<std::string> warnings(const Settings& settings) const {
    std::vector<std::string> list;
    if (settings.count == 0 && settings.consecutive_success_limit == 0) {
      list.emplace_back(
          "without count or consecutive_success_limit it never passes: a step that waits for it never ends");
    }
    if (settings.min_requests == 0) list.emplace_back("without min_requests a single request may decide");
    return list;
  }
};

}  // namespace
}  // namespace slipway::threshold

SLIPWAY_ANALYZER(slipway::threshold::Threshold)
