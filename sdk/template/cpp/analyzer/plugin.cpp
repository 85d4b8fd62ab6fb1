// acme.greeter: an analyzer that wants one number below a limit for some windows in a row.
#include <slipway/analyzer.hpp>

namespace acme_greeter {
namespace {

using slipway::analyzer::Verdict;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  std::string metric = "error_ratio";
  double limit = 0.05;
  std::int32_t windows = 3;
  static constexpr auto fields() {
    return slipway::fields(
        slipway::field("metric", &Settings::metric, "The number that is watched.", slipway::between(1, 128)),
        slipway::field("limit", &Settings::limit, "The largest value that is good."),
        slipway::field("windows", &Settings::windows, "Good windows in a row to pass.", slipway::between(1, 1000)));
  }
};

// What a judgement hands to the next: an analyzer itself remembers nothing.
struct State {
  static constexpr std::int64_t kVersion = 1;
  std::int32_t good = 0;
  static constexpr auto fields() {
    return slipway::fields(slipway::field("good", &State::good, "Good windows so far."));
  }
};

class Analyzer : public slipway::Analyzer<Settings, State> {
 public:
  [[nodiscard]] Judgement judge(const Settings& settings, State state,
                                const slipway::analyzer::JudgeRequest& request) const {
    const auto* samples = slipway::samples_of(request, request.role);
    const auto value = value_of(samples, settings.metric);
    // Missing data is neither success nor failure.
    if (!value) return judgement(state, Verdict::insufficient_data, "there is no " + settings.metric);
    const std::string seen = settings.metric + " is " + slipway::to_text(*value);
    if (*value > settings.limit)
      return judgement(state, Verdict::fail, seen + ", more than " + slipway::to_text(settings.limit));
    ++state.good;
    return judgement(state, state.good >= settings.windows ? Verdict::pass : Verdict::proceed,
                     seen + ", good window " + std::to_string(state.good) + " of " + std::to_string(settings.windows));
  }

  [[nodiscard]] std::int32_t least_windows(const Settings& settings) const { return settings.windows; }

 private:
  static std::optional<double> value_of(const slipway::metrics::GroupSamples* samples, const std::string& metric) {
    if (samples == nullptr) return std::nullopt;
    const auto found = samples->values.find(metric);
    return found == samples->values.end() ? std::nullopt : std::optional(found->second);
  }
  static Judgement judgement(const State& state, Verdict verdict, std::string reason) {
    Judgement made;
    made.state = state;
    made.reply.verdict = verdict;
    made.reply.reason = std::move(reason);
    made.reply.method = "acme.greeter/1";
    made.reply.measurements = state.good;
    return made;
  }
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_ANALYZER(acme_greeter::Analyzer)
