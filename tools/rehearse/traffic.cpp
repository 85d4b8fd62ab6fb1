#include "tools/rehearse/traffic.hpp"

#include <algorithm>
#include <cmath>

namespace slipway::simulate {
namespace {

using backtest::Draws;
using metrics::Bucket;
using metrics::GroupSamples;

constexpr double kSigma = 0.596;  // exp(2.326 * kSigma) is 4
constexpr double kLeastBound = 100;
constexpr double kMostBound = 1e8;
constexpr double kStep = 1.1220184543;  // ten to the power of a twentieth

double value_or(const std::map<std::string, double>& values, const char* name, double otherwise) {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : found->second;
}

double normal_below(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

std::vector<Bucket> latencies(std::int64_t count, double median, Draws& draws) {
  std::vector<Bucket> buckets;
  double passed = 0;
  for (double upper = kLeastBound; upper < kMostBound; upper *= kStep) {
    const double below = normal_below(std::log(upper / median) / kSigma);
    const double chance = passed < 1 ? std::clamp((below - passed) / (1 - passed), 0.0, 1.0) : 1;
    const std::int64_t here = std::binomial_distribution<std::int64_t>(count, chance)(draws);
    buckets.push_back({.upper = std::round(upper), .count = here});
    count -= here;
    passed = below;
  }
  buckets.push_back({.upper = {}, .count = count});
  return buckets;
}

// In milliseconds, the bound of its bucket.
std::optional<double> quantile(const std::vector<Bucket>& buckets, double part) {
  std::int64_t count = 0;
  for (const Bucket& bucket : buckets) count += bucket.count;
  std::int64_t seen = 0;
  for (const Bucket& bucket : buckets) {
    seen += bucket.count;
    if (bucket.upper && static_cast<double>(seen) >= part * static_cast<double>(count) && count > 0)
      return *bucket.upper / 1000;
  }
  return std::nullopt;
}

// As metrics-haproxy has them.
void put_quantiles(GroupSamples& samples) {
  const auto found = samples.histograms.find("latency");
  if (found == samples.histograms.end()) return;
  for (const auto& [name, part] : {std::pair("latency_p50", 0.5), {"latency_p95", 0.95}, {"latency_p99", 0.99}}) {
    if (const auto value = quantile(found->second, part)) samples.values[name] = *value;
  }
}

void add(std::vector<Bucket>& sum, const std::vector<Bucket>& more) {
  if (sum.empty())
    sum = more;
  else
    for (std::size_t i = 0; i < std::min(sum.size(), more.size()); ++i) sum[i].count += more[i].count;
}

bool counts(const std::string& value) { return value == "requests" || value == "failures"; }

// Counts add up; of other values the last one stands.
void add(GroupSamples& sum, const GroupSamples& more) {
  for (const auto& [name, value] : more.values) {
    double& mine = sum.values[name];
    mine = counts(name) ? mine + value : value;
  }
  for (const auto& [name, buckets] : more.histograms) add(sum.histograms[name], buckets);
}

}  // namespace

GroupSamples assumed(const std::map<std::string, double>& assume, Duration window, Draws& draws) {
  GroupSamples samples{.role = "", .values = assume};
  for (const char* used : {"rate", "error_ratio", "latency"}) samples.values.erase(used);
  const double rate = value_or(assume, "rate", 100) * static_cast<double>(window.ns) / 1e9;
  const auto requests = rate > 0 ? std::poisson_distribution<std::int64_t>(rate)(draws) : 0;
  const double errors = std::clamp(value_or(assume, "error_ratio", 0.001), 0.0, 1.0);
  samples.values["requests"] = static_cast<double>(requests);
  samples.values["failures"] = static_cast<double>(std::binomial_distribution<std::int64_t>(requests, errors)(draws));
  samples.histograms["latency"] = latencies(requests, 1000 * value_or(assume, "latency", 50), draws);
  return samples;
}

std::optional<GroupSamples> Traffic::recorded_in(const metrics::Window& window) const {
  const backtest::Recording& recording = *settings_.recording;
  std::optional<GroupSamples> sum;
  for (const backtest::Window& past : recording.windows) {
    const Instant from = begin_ + (past.from - recording.windows.front().from);
    if (from < window.from || from >= window.to) continue;
    for (const GroupSamples& samples : past.groups) {
      if (samples.role != settings_.group) continue;
      if (!sum) sum.emplace();
      add(*sum, samples);
    }
  }
  return sum;
}

std::optional<GroupSamples> Traffic::all_in(const metrics::Window& window, Draws& draws) const {
  if (settings_.recording) return recorded_in(window);
  return assumed(settings_.assume, window.to - window.from, draws);
}

std::map<std::string, double> Traffic::shares_in(const metrics::Window& window) const {
  std::map<std::string, double> shares;
  const auto& weights = provider_.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Instant from = std::max(window.from, weights[i].since);
    const Instant to = i + 1 < weights.size() ? std::min(window.to, weights[i + 1].since) : window.to;
    if (from >= to) continue;
    const double part = static_cast<double>((to - from).ns) / static_cast<double>((window.to - window.from).ns);
    for (const auto& [release, weight] : weights[i].of) shares[release] += part * weight / kAllTraffic;
  }
  return shares;
}

metrics::QueryReply Traffic::query(const metrics::QueryRequest& request) {
  Draws draws(settings_.seed ^ static_cast<std::uint64_t>(request.window.from.ns));
  const auto all = all_in(request.window, draws);
  metrics::QueryReply reply;
  if (!all) {
    for (const auto& group : request.groups)
      reply.groups.push_back({.role = group.role, .completeness = 0, .problem = "the recording has nothing here"});
    return reply;
  }
  GroupSamples left = *all;
  double share_left = 1;
  for (const auto& [release, share] : shares_in(request.window)) {
    auto [mine, others] = backtest::deal(left, share_left > 0 ? share / share_left : 0, draws);
    left = std::move(others);
    share_left -= share;
    for (std::size_t i = 0; i < settings_.injections.size(); ++i) {
      const backtest::Injection& injection = settings_.injections[i];
      const bool is_due = release == settings_.changed && request.window.from >= begin_ + injection.after;
      if (is_due && backtest::inject(mine, injection, draws)) worked_.insert(i);
    }
    put_quantiles(mine);
    for (const auto& group : request.groups) {
      if (group.release != release) continue;
      reply.groups.push_back(mine);
      reply.groups.back().role = group.role;
    }
  }
  return reply;
}

std::vector<std::size_t> Traffic::idle_injections() const {
  std::vector<std::size_t> idle;
  for (std::size_t i = 0; i < settings_.injections.size(); ++i)
    if (!worked_.contains(i)) idle.push_back(i);
  return idle;
}

}  // namespace slipway::simulate
