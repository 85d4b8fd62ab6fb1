#include "tools/backtest/sample_size.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace slipway::backtest {
namespace {

constexpr Duration kInterval = seconds(5);  // of an application's analyses, where none is given
constexpr int kMostLooks = 1'440;           // in the two hours after which sequential gives up
constexpr double kLooksAtBest = 40;         // more would cost time and change little

using Random = std::mt19937_64;

metrics::GroupSamples drawn(const char* role, std::int64_t requests, double bad, Random& random) {
  const auto failures = std::binomial_distribution<std::int64_t>(requests, bad)(random);
  return {.role = role,
          .values = {{"requests", static_cast<double>(requests)}, {"failures", static_cast<double>(failures)}}};
}

// What the rollouts are judged by: the analysis' own, of requests and failures as they are drawn.
JsonText settings_of(const PlanRequest& request) {
  Json settings = request.settings.text.empty() ? Json::object() : tree_of(request.settings);
  for (const char* name : {"requests", "failures"}) settings.erase(name);
  settings["alpha"] = request.alpha;
  return json_text(settings);
}

// Looks until it fails; absent when it ends otherwise, or not at all.
Result<std::optional<int>> looks_of(const PlanRequest& request, double weight, std::int64_t window, const Ask& ask,
                                    Random random) {
  analyzer::JudgeRequest question{.settings = settings_of(request), .alpha_share = request.alpha_share};
  for (int look = 0; look < kMostLooks; ++look) {
    const auto next = std::binomial_distribution<std::int64_t>(window, weight)(random);
    question.window = {std::to_string(look), Instant{} + kInterval * look, Instant{} + kInterval * (look + 1)};
    question.now = question.window.to;
    question.groups = {drawn("next", next, request.worse, random),
                       drawn("stable", window - next, request.usual, random)};
    auto reply = ask(question);
    if (!reply.ok()) return reply.status();
    question.state = std::move(reply->state);
    if (reply->verdict == analyzer::Verdict::fail) return std::optional(look + 1);
    if (reply->verdict == analyzer::Verdict::pass || reply->verdict == analyzer::Verdict::inconclusive) break;
  }
  return std::optional<int>();
}

}  // namespace

double requests_at_best(const PlanRequest& request, double weight) {
  const double ratio = request.worse / request.usual;
  const double mean = 1 + weight * (ratio - 1);
  const double worth = request.usual * (weight * ratio * std::log(ratio) - mean * std::log(mean));
  return -std::log(request.alpha) / worth;
}

Result<std::optional<double>> requests_to_see(const PlanRequest& request, double weight, const Begin& begin) {
  const double interval = static_cast<double>(kInterval.ns) / 1e9;
  const auto window = static_cast<std::int64_t>(
      std::ceil(std::max(request.per_second * interval, requests_at_best(request, weight) / kLooksAtBest)));
  std::vector<int> looks;
  for (std::int32_t run = 0; run < request.runs; ++run) {
    const auto took = looks_of(request, weight, window, begin(), Random(static_cast<std::uint64_t>(run)));
    if (!took.ok()) return took.status();
    looks.push_back(took->value_or(kMostLooks + 1));
    // Once half of them have not seen it, none of the rest can change that.
    if (std::count(looks.begin(), looks.end(), kMostLooks + 1) > request.runs / 2) return std::optional<double>();
  }
  const auto middle = looks.begin() + request.runs / 2;
  std::nth_element(looks.begin(), middle, looks.end());
  return std::optional(static_cast<double>(*middle) * static_cast<double>(window));
}

}  // namespace slipway::backtest
