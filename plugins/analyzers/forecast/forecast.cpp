// Forecast: where a value goes, and when it reaches its limit. It advises: whatever it sees it passes in the end.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "plugins/analyzers/common/numbers.hpp"
#include "plugins/analyzers/forecast/history.hpp"
#include "plugins/analyzers/forecast/models.hpp"
#include "plugins/analyzers/forecast/settings.hpp"

namespace slipway::forecast {
namespace {

using analyzer::Verdict;

// Steps ahead that are looked at; a horizon beyond them is cut.
constexpr std::int64_t kMostAhead = 10'000;

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::optional<double> value_of(const metrics::GroupSamples* samples, const std::string& name) {
  if (samples == nullptr) return std::nullopt;
  const auto found = samples->values.find(name);
  return found == samples->values.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> value_in(const Settings& settings, const analyzer::JudgeRequest& request) {
  const auto next = value_of(samples_of(request, request.role), settings.value);
  if (settings.of == Of::next) return next;
  const auto stable = value_of(samples_of(request, request.baseline), settings.value);
  if (!next && !stable) return std::nullopt;
  return next.value_or(0) + stable.value_or(0);
}

// Why a value that is followed can't be taken in.
std::optional<std::string> refused(const Settings& settings, const analyzer::JudgeRequest& request) {
  if (auto why = analyzer::refusal(samples_of(request, request.role), settings.value)) return why;
  if (settings.of == Of::next) return std::nullopt;
  return analyzer::refusal(samples_of(request, request.baseline), settings.value);
}

struct Named {
  const char* method = "";
  Fit fit;
};

// The method that was asked for, or the next one that the points suffice for.
std::optional<Named> fit_of(const Settings& settings, std::span<const double> points, Duration step) {
  const auto season = static_cast<std::size_t>(step.ns > 0 ? settings.season.ns / step.ns : 0);
  const Smoothing smoothing{settings.smoothing.level, settings.smoothing.trend, settings.smoothing.season};
  if (settings.method == Method::holt_winters) {
    if (auto fit = holt_winters(points, season, smoothing)) return Named{"holt_winters", std::move(*fit)};
  }
  if (settings.method == Method::theil_sen && season >= 2) {
    if (auto fit = seasonal_theil_sen(points, season)) return Named{"seasonal_theil_sen", std::move(*fit)};
    if (auto fit = theil_sen_of_maxima(points, season / 7)) return Named{"theil_sen_of_maxima", std::move(*fit)};
  }
  if (settings.method == Method::theil_sen && season < 2) {
    if (auto fit = theil_sen(points)) return Named{"theil_sen", std::move(*fit)};
  }
  if (auto fit = linear(points)) return Named{"linear", std::move(*fit)};
  return std::nullopt;
}

// Why the method never knows the season, if its points can't be kept that long; the windows' length is known from the
// first one on.
std::optional<std::string> out_of_reach(const Settings& settings, Duration step) {
  const std::int64_t seasons = settings.method == Method::theil_sen      ? 3
                               : settings.method == Method::holt_winters ? 2
                                                                         : 0;
  const std::int64_t season = step.ns > 0 ? settings.season.ns / step.ns : 0;
  const auto kept = static_cast<std::int64_t>(kMostPoints);
  if (season <= kept / std::max<std::int64_t>(1, seasons) || seasons == 0) return std::nullopt;
  return "the season of " + to_string(settings.season) + " is never known: " + std::to_string(seasons) +
         " of them have " + std::to_string(seasons * season) + " windows of " + to_string(step) + ", and " +
         std::to_string(kept) + " are kept; want windows of at least " +
         to_string(seconds((settings.season.ns / 1'000'000'000 * seasons + kept - 1) / kept));
}

// What lies ahead; times count from the newest point.
struct Outlook {
  double point = 0;  // at the horizon
  double bound = 0;
  std::optional<Duration> exhausted;  // by the curve
  std::optional<Duration> earliest;   // by its bound
};

Outlook outlook(const Settings& settings, const Fit& fit, std::size_t points, Duration step) {
  const std::int64_t ahead =
      std::clamp<std::int64_t>(settings.horizon.ns / std::max<std::int64_t>(1, step.ns), 1, kMostAhead);
  const bool rises = settings.toward == Toward::above;
  const auto reached = [&](double value) { return rises ? value >= settings.limit : value <= settings.limit; };
  const double error = fit.error(rises ? settings.confidence : 1 - settings.confidence);
  Outlook found;
  for (std::int64_t i = 1; i <= ahead; ++i) {
    const std::size_t at = points - 1 + static_cast<std::size_t>(i);
    found.point = fit.curve.at(at);
    found.bound = fit.curve.off(at, error);
    if (!found.exhausted && reached(found.point)) found.exhausted = step * i;
    if (!found.earliest && reached(found.bound)) found.earliest = step * i;
  }
  return found;
}

class Forecast : public Analyzer<Settings, State> {
 public:
  Judgement judge(const Settings& settings, State state, const analyzer::JudgeRequest& request) const {
    Judgement judgement{std::move(state), {}};
    judgement.reply = answer(settings, judgement.state, request);
    judgement.reply.method = "forecast/1";
    judgement.reply.measurements = judgement.state.windows;
    return judgement;
  }

  Problems check(const Settings& settings) const {
    Problems problems;
    const auto want = [&](bool holds, const char* path, double value, const char* message) {
      if (!holds) problems.push_back({path, number(value), message});
    };
    const auto is_part = [](double part) { return part >= 0 && part <= 1; };
    if (settings.value.empty()) problems.push_back({"/value", "\"\"", "want the name of a value: what is followed?"});
    want(settings.confidence >= 0.5 && settings.confidence < 1, "/confidence", settings.confidence,
         "want 0.5 to below 1");
    want(is_part(settings.smoothing.level), "/smoothing/level", settings.smoothing.level, "want 0 to 1");
    want(is_part(settings.smoothing.trend), "/smoothing/trend", settings.smoothing.trend, "want 0 to 1");
    want(is_part(settings.smoothing.season), "/smoothing/season", settings.smoothing.season, "want 0 to 1");
    if (settings.horizon.ns <= 0) problems.push_back({"/horizon", to_string(settings.horizon), "want more than 0s"});
    if (settings.method == Method::holt_winters && settings.season.ns <= 0)
      problems.push_back({"/season", to_string(settings.season), "want a season: holt_winters repeats one"});
    return problems;
  }

  std::int32_t least_windows(const Settings& settings) const { return settings.windows; }

 private:
  static analyzer::JudgeReply answer(const Settings& settings, State& state, const analyzer::JudgeRequest& request) {
    const auto failed = [&](const std::string& why) {
      return after_error(why, ++state.errors_in_a_row, settings.error_limit);
    };
    if (!request.source_error.empty()) return failed("the source failed: " + request.source_error);
    if (const auto why = refused(settings, request)) return failed(*why);
    state.errors_in_a_row = 0;
    const auto value = value_in(settings, request);
    if (!value) return without_value(settings, state, request);
    const std::vector<double> points = take_in(state, request.window, *value);
    const auto found = fit_of(settings, points, state.step);
    if (!found)
      return {.code = "measuring", .reason = settings.value + " is " + number(*value) + "; one point tells no course"};
    return advice(settings, state, points, *found);
  }

  static analyzer::JudgeReply without_value(const Settings& settings, const State& state,
                                            const analyzer::JudgeRequest& request) {
    const Duration since = request.window.to - (state.points.empty() ? request.started : state.end);
    const std::int64_t missed = since.ns / std::max<std::int64_t>(1, (request.window.to - request.window.from).ns);
    return {.verdict = missed > settings.no_data_limit ? Verdict::insufficient_data : Verdict::proceed,
            .code = "no_data",
            .reason = "no " + settings.value + " in this window (" + std::to_string(missed) + " in a row, of at most " +
                      std::to_string(settings.no_data_limit) + ")"};
  }

  // The points with that of the window, unless it was taken in; the windows between are missing. Windows of another
  // length begin anew.
  static std::vector<double> take_in(State& state, const metrics::Window& window, double value) {
    std::vector<double> points = unpack(state.points);
    const Duration step = window.to - window.from;
    if (state.step != step) points.clear();
    const bool is_known = state.window == window.id || window.to < state.end;
    if (!points.empty() && is_known) return points;
    const std::int64_t missed = points.empty() || step.ns <= 0 ? 0 : (window.from - state.end).ns / step.ns;
    if (missed >= static_cast<std::int64_t>(kMostPoints)) points.clear();
    if (!points.empty()) points.resize(points.size() + static_cast<std::size_t>(missed), std::nan(""));
    points.push_back(value);
    if (points.size() > kMostPoints)
      points.erase(points.begin(), points.end() - static_cast<std::ptrdiff_t>(kMostPoints));
    state.points = pack(points);
    state.window = window.id;
    state.end = window.to;
    state.step = step;
    ++state.windows;
    return unpack(state.points);
  }

  static analyzer::JudgeReply advice(const Settings& settings, const State& state, const std::vector<double>& points,
                                     const Named& found) {
    const Outlook ahead = outlook(settings, found.fit, points.size(), state.step);
    const bool done = state.windows >= settings.windows;
    analyzer::JudgeReply reply{.verdict = done ? Verdict::pass : Verdict::proceed,
                               .code = ahead.exhausted ? "exhaustion" : "enough"};
    reply.reason = sentence(settings, points.back(), ahead) + " (" + found.method + " over " +
                   std::to_string(points.size()) + " windows; advice only)";
    Json evidence{{"method", found.method},        {"points", points.size()}, {"value", points.back()},
                  {"limit", settings.limit},       {"estimate", ahead.point}, {"bound", ahead.bound},
                  {"slope", found.fit.curve.slope}};
    if (const auto warning = out_of_reach(settings, state.step)) {
      reply.reason += "; " + *warning;
      evidence["warning"] = *warning;
    }
    if (ahead.exhausted) evidence["time_to_exhaustion"] = to_string(*ahead.exhausted);
    if (ahead.earliest) evidence["earliest_exhaustion"] = to_string(*ahead.earliest);
    reply.evidence = json_text(evidence);
    return reply;
  }

  // "memory is 512 and reaches 1000 in 3h, perhaps in 2h".
  static std::string sentence(const Settings& settings, double value, const Outlook& ahead) {
    const std::string perhaps = ahead.earliest ? ", perhaps in " + to_string(*ahead.earliest) : "";
    const std::string is = settings.value + " is " + number(value);
    if (ahead.exhausted)
      return is + " and reaches " + number(settings.limit) + " in " + to_string(*ahead.exhausted) + perhaps;
    return is + " and does not reach " + number(settings.limit) + " within " + to_string(settings.horizon) +
           (perhaps.empty() ? ": " + number(ahead.point) + " then, perhaps " + number(ahead.bound) : perhaps);
  }
};

}  // namespace
}  // namespace slipway::forecast

SLIPWAY_ANALYZER(slipway::forecast::Forecast)
