// Judge: the windows are points of a series for each metric and group; the Mann-Whitney test tells whether the series
// differ, and a score says what that means for the release. In the manner of Kayenta.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "plugins/analyzers/common/numbers.hpp"
#include "plugins/analyzers/judge/classify.hpp"
#include "plugins/analyzers/judge/history.hpp"

namespace slipway::judge {
namespace {

using analyzer::Verdict;

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// What was seen of one metric.
struct Points {
  std::vector<double> next;
  std::vector<double> stable;
};

// "cpu is high: 0.42 against 0.31, 0.09 to 0.13 more".
std::string sentence(const Metric& metric, const Points& points, const Classified& found) {
  std::string text =
      metric.name + (found.label == Label::no_data ? " has " : " is ") + std::string(to_name(found.label));
  if (found.label == Label::no_data)
    return text + ": " + std::to_string(found.next_points) + " and " + std::to_string(found.stable_points) + " points";
  text += ": " + number(mean(points.next)) + " against " + number(mean(points.stable));
  if (found.shift) text += ", shifted by " + number(found.shift->low) + " to " + number(found.shift->high);
  return text + (found.critical ? ", and critical" : "") + (metric.muted ? ", and muted" : "");
}

std::optional<double> value_of(const metrics::GroupSamples* samples, const std::string& name) {
  if (samples == nullptr) return std::nullopt;
  const auto found = samples->values.find(name);
  return found == samples->values.end() ? std::nullopt : std::optional(found->second);
}

// The look that is due after so many windows, from 1; 0: none.
std::int32_t look_after(const Settings& settings, std::int32_t windows) {
  for (std::int32_t look = 1; look <= settings.looks; ++look) {
    if (windows == settings.windows * look / settings.looks) return look;
  }
  return 0;
}

// One judgement under way.
class Judging {
 public:
  Judging(const Settings& settings, State before, const analyzer::JudgeRequest& request)
      : state(std::move(before)), settings_(settings), request_(request) {}

  void run() {
    look();
    if (reply.verdict == Verdict::proceed && state.said) repeat(*state.said);
  }

  State state;
  analyzer::JudgeReply reply;

 private:
  void look() {
    if (!request_.source_error.empty()) return failed("the source failed: " + request_.source_error);
    if (const auto why = refused()) return failed(*why);
    state.errors_in_a_row = 0;
    if (state.window != request_.window.id) take_in();
    const std::int32_t look = look_after(settings_, std::min(state.windows, settings_.windows));
    if (look == 0) {
      return answer(Verdict::proceed, "measuring",
                    std::to_string(state.windows) + " of " + std::to_string(settings_.windows) + " windows");
    }
    judge(look == settings_.looks);
    if (look == settings_.looks) state.said = Said{reply.verdict, reply.code, reply.reason, reply.evidence};
  }

  void answer(Verdict verdict, std::string code, std::string reason) {
    reply.verdict = verdict;
    reply.code = std::move(code);
    reply.reason = std::move(reason);
  }

  // What the last look said stands until the next one.
  void repeat(const Said& said) {
    answer(said.verdict, said.code, said.reason + "; looks again: " + reply.reason);
    reply.evidence = said.evidence;
  }

  void failed(const std::string& why) { reply = after_error(why, ++state.errors_in_a_row, settings_.error_limit); }

  [[nodiscard]] std::optional<std::string> refused() const {
    for (const Metric& metric : settings_.metrics) {
      for (const std::string* role : {&request_.role, &request_.baseline})
        if (auto why = analyzer::refusal(samples_of(request_, *role), metric.name)) return why;
    }
    return std::nullopt;
  }

  void take_in() {
    state.window = request_.window.id;
    if (state.windows >= settings_.windows) begin_anew();
    ++state.windows;
    state.series.resize(settings_.metrics.size());
    for (std::size_t i = 0; i < state.series.size(); ++i) {
      append(state.series[i].next, settings_.metrics[i], request_.role);
      append(state.series[i].stable, settings_.metrics[i], request_.baseline);
    }
  }

  // It could not decide, or nobody would ask again.
  void begin_anew() {
    state.windows_before += std::exchange(state.windows, 0);
    state.series.clear();
  }

  void append(std::string& series, const Metric& metric, const std::string& role) {
    const auto* samples = samples_of(request_, role);
    if (analyzer::uncovered(samples, settings_.min_completeness)) return;
    const auto value = value_of(samples, metric.name);
    if (!value && metric.missing != Missing::replace) return;
    std::vector<double> points = unpack(series);
    points.push_back(value.value_or(0));
    series = pack(points);
  }

  void judge(bool is_last) {
    const double confidence = as_kayenta() ? settings_.confidence : 1 - (1 - settings_.confidence) / settings_.looks;
    std::vector<Points> seen;
    std::vector<Classified> found;
    for (std::size_t i = 0; i < settings_.metrics.size(); ++i) {
      const auto& [next, stable] = seen.emplace_back(unpack(state.series[i].next), unpack(state.series[i].stable));
      found.push_back(classify(settings_.metrics[i], settings_, confidence, next, stable));
    }
    const Score score = score_of(settings_, found);
    reply.evidence = json_text(evidence(score, found));
    const std::string why = reasons(seen, found);
    if (score.lacks_data && !as_kayenta()) return lack(is_last, why);
    const std::string text = "score " + number(score.points) + " (passes from " + number(settings_.pass) +
                             ", fails below " + number(settings_.marginal) + "): " + why;
    if (fails(score, is_last)) return answer(Verdict::fail, score.lacks_data ? "no_data" : "score", text);
    if (!is_last) return answer(Verdict::proceed, "measuring", text);
    if (score.points < settings_.pass) return answer(Verdict::inconclusive, "marginal", text);
    answer(Verdict::pass, "score", text);
  }

  [[nodiscard]] bool as_kayenta() const { return settings_.compat == Compat::kayenta; }

  // Where Kayenta is asked repeatedly, a score of exactly `marginal` ends it too.
  [[nodiscard]] bool fails(const Score& score, bool is_last) const {
    return score.points < settings_.marginal || (as_kayenta() && !is_last && score.points <= settings_.marginal);
  }

  void lack(bool is_last, const std::string& why) {
    if (!is_last) return answer(Verdict::proceed, "no_data", why);
    answer(Verdict::insufficient_data, "no_data", "half of the metrics have no data: " + why);
  }

  // What is not well; all metrics when everything is.
  [[nodiscard]] std::string reasons(const std::vector<Points>& seen, const std::vector<Classified>& found) const {
    const bool all_well =
        std::all_of(found.begin(), found.end(), [](const auto& one) { return one.label == Label::pass; });
    std::string text;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].label == Label::pass && !all_well) continue;
      text += (text.empty() ? "" : "; ") + sentence(settings_.metrics[i], seen[i], found[i]);
    }
    return text;
  }

  [[nodiscard]] Json evidence(const Score& score, const std::vector<Classified>& found) const {
    Json metrics = Json::object();
    for (std::size_t i = 0; i < found.size(); ++i) {
      Json& entry = metrics[settings_.metrics[i].name];
      entry = {{"label", std::string(to_name(found[i].label))},
               {"points", found[i].next_points},
               {"baseline_points", found[i].stable_points}};
      if (found[i].effect) entry["effect"] = *found[i].effect;
      if (found[i].shift)
        entry["shift"] = {
            {"estimate", found[i].shift->estimate}, {"low", found[i].shift->low}, {"high", found[i].shift->high}};
    }
    return {{"score", score.points}, {"metrics", std::move(metrics)}};
  }

  const Settings& settings_;
  const analyzer::JudgeRequest& request_;
};

void want(Problems& problems, bool holds, const char* path, double value, const char* message) {
  if (!holds) problems.push_back({path, number(value), message});
}

bool is_used(const Settings& settings, const std::string& group) {
  return std::any_of(settings.metrics.begin(), settings.metrics.end(),
                     [&](const Metric& metric) { return !metric.muted && metric.group == group; });
}

// Weights that no metric uses are lost, and the score can never reach 100. Kayenta lets them be.
void check_weights(Problems& problems, const Settings& settings) {
  const bool may_be_lost = settings.compat == Compat::kayenta;
  double sum = 0;
  bool has_others = false;
  for (const Metric& metric : settings.metrics)
    has_others |= !metric.muted && !settings.group_weights.contains(metric.group);
  for (const auto& [name, weight] : settings.group_weights) {
    if (!may_be_lost && !is_used(settings, name))
      problems.push_back({"/group_weights/" + name, number(weight), "want the group of a metric that is not muted"});
    want(problems, weight > 0 && weight <= 100, "/group_weights", weight, "want a percentage above 0");
    sum += weight;
  }
  if (may_be_lost) return want(problems, sum <= 100, "/group_weights", sum, "want a sum of at most 100");
  const bool adds_up = has_others || settings.group_weights.empty() ? sum < 100 : std::abs(sum - 100) < 1e-9;
  if (!settings.metrics.empty() && !adds_up)
    want(problems, false, "/group_weights", sum,
         has_others ? "want a sum below 100: other groups share the rest"
                    : "want a sum of 100: there is no other group");
}

// Each look must have the points that a metric needs.
void check_points(Problems& problems, const Settings& settings) {
  if (settings.compat == Compat::kayenta) {
    want(problems, settings.looks <= settings.windows, "/looks", settings.looks, "want at most windows");
    return;
  }
  want(problems, settings.min_points <= settings.windows, "/min_points", settings.min_points,
       "want at most windows: there would never be data");
  want(problems, settings.looks * settings.min_points <= settings.windows || settings.looks == 1, "/looks",
       settings.looks, "want at most windows / min_points: a look must have its points");
}

class Judge : public Analyzer<Settings, State> {
 public:
  Judgement judge(const Settings& settings, State state, const analyzer::JudgeRequest& request) const {
    if (!state.series.empty() && state.series.size() != settings.metrics.size())
      throw Error(Code::invalid_argument,
                  "the state has " + std::to_string(state.series.size()) + " metrics where these settings have " +
                      std::to_string(settings.metrics.size()) + ": it was written with other settings");
    Judging judging(settings, std::move(state), request);
    judging.run();
    judging.reply.method = "judge/1";
    judging.reply.measurements = judging.state.windows_before + judging.state.windows;
    return {std::move(judging.state), std::move(judging.reply)};
  }

  Problems check(const Settings& settings) const {
    Problems problems;
    if (settings.metrics.empty()) problems.push_back({"/metrics", "[]", "want 1 to 16 metrics: what is compared?"});
    check_points(problems, settings);
    want(problems, settings.confidence > 0.5 && settings.confidence < 1, "/confidence", settings.confidence,
         "want above 0.5 and below 1");
    want(problems, settings.tolerance >= 0 && settings.tolerance < 1, "/tolerance", settings.tolerance,
         "want 0 to below 1");
    want(problems, settings.pass > 0 && settings.pass <= 100, "/pass", settings.pass, "want above 0 and at most 100");
    want(problems, settings.marginal >= 0 && settings.marginal <= settings.pass, "/marginal", settings.marginal,
         "want 0 to pass");
    want(problems, settings.min_completeness >= 0 && settings.min_completeness <= 1, "/min_completeness",
         settings.min_completeness, "want a part of a window, 0 to 1");
    check_weights(problems, settings);
    return problems;
  }

  std::vector<std::string> warnings(const Settings& settings) const {
    std::vector<std::string> list;
    for (const auto& [name, weight] : settings.group_weights) {
      if (!is_used(settings, name))
        list.push_back("the weight " + number(weight) + " of the group " + name +
                       " is lost: no metric is of it, and the score stays below 100");
    }
    return list;
  }

  std::int32_t least_windows(const Settings& settings) const { return settings.windows; }

  bool compares(const Settings&) const { return true; }

  State migrate(const Json& state, std::int64_t version) const {
    if (version != 1) refuse(version, 1);
    return from_version_1(state);
  }
};

}  // namespace
}  // namespace slipway::judge

SLIPWAY_ANALYZER(slipway::judge::Judge)
