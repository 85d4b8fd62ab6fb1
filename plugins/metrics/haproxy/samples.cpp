#include "plugins/metrics/haproxy/samples.hpp"

#include <cmath>

namespace slipway::haproxy {
namespace {

using metrics::GroupSamples;

constexpr double kEnoughForLatency = 0.9;

std::string percent_text(double part) { return std::to_string(static_cast<int>(std::floor(part * 100))) + " %"; }

void put_counts(GroupSamples& samples, const Counts& counts) {
  auto& values = samples.values;
  values["requests"] = static_cast<double>(counts.requests);
  values["failures"] = static_cast<double>(counts.failures);
  values["aborted"] = static_cast<double>(counts.aborted);
  values["retries"] = static_cast<double>(counts.retries);
  for (std::size_t i = 1; i < 5; ++i)
    values["responses_" + std::to_string(i + 1) + "xx"] = static_cast<double>(counts.by_class[i]);
  if (counts.requests > 0)
    values["error_ratio"] = static_cast<double>(counts.failures) / static_cast<double>(counts.requests);
}

void put_latency(GroupSamples& samples, const Histogram& latency) {
  if (latency.count() == 0) return;
  samples.values["latency_p50"] = *latency.quantile(0.50) / 1000;
  samples.values["latency_p95"] = *latency.quantile(0.95) / 1000;
  samples.values["latency_p99"] = *latency.quantile(0.99) / 1000;
  samples.values["latency_max"] = latency.largest() / 1000.0;
  samples.histograms["latency"] = latency.buckets();
}

std::string why(const Sources& sources, double covered) {
  if (covered > 0) return "access records cover " + percent_text(covered) + " of the window";
  return sources.streams.any() ? "access records do not reach back to this window"
                               : "no access records: HAProxy is not connected";
}

}  // namespace

double records_cover(const Sources& sources, const metrics::Window& window) {
  const Instant from = std::max(window.from, sources.history.horizon());
  if (from >= window.to) return 0;
  const double kept = static_cast<double>((window.to - from).ns) / static_cast<double>((window.to - window.from).ns);
  // The process that serves now has no stream yet: its records are still in its ring.
  const std::int32_t pid = sources.counters.pid();
  if (pid != 0 && !sources.streams.is_connected(pid)) return 0;
  const double covered = sources.streams.covered(from, window.to) * kept;
  const std::uint64_t missing = sources.streams.missing(from, window.to);
  if (missing == 0) return covered;
  const auto seen = static_cast<double>(sources.history.records(from, window.to));
  return covered * seen / (seen + static_cast<double>(missing));
}

GroupSamples samples_of(const Sources& sources, const std::string& application, const metrics::GroupRef& group,
                        const metrics::Window& window) {
  GroupSamples samples{.role = group.role};
  const std::string release = server_form(group.release);
  const double covered = records_cover(sources, window);
  const auto seen = sources.history.count(application, release, window.from, window.to);
  const auto counted =
      covered < 1 ? sources.counters.between(application, release, window.from, window.to) : std::nullopt;
  const bool by_counters = counted && counted->completeness > covered;
  samples.completeness = by_counters ? counted->completeness : covered;
  if (covered < 1) samples.problem = why(sources, covered);
  if (by_counters)
    put_counts(samples, counted->counts);
  else if (covered > 0)
    put_counts(samples, seen.counts);
  if (covered >= kEnoughForLatency) put_latency(samples, seen.latency);
  return samples;
}

std::vector<metrics::Metric> described() {
  return {{"requests", "", "Requests that ended in the window."},
          {"failures", "", "Those with a status of 5xx, without a connection, or broken off by the server."},
          {"error_ratio", "", "failures / requests; absent without requests."},
          {"responses_2xx", "", "Answers with a status of this class."},
          {"responses_3xx", "", "Answers with a status of this class."},
          {"responses_4xx", "", "Answers with a status of this class."},
          {"responses_5xx", "", "Answers with a status of this class."},
          {"aborted", "", "Requests whose client went away."},
          {"retries", "", "Further tries to connect to a replica."},
          {"latency_p50", "ms", "Median time from the request to the end of its answer."},
          {"latency_p95", "ms", "Of 95 in 100 requests it is at most this."},
          {"latency_p99", "ms", "Of 99 in 100 requests it is at most this."},
          {"latency_max", "ms", "Time of the slowest request."},
          {"latency", "us", "The histogram of these times."}};
}

}  // namespace slipway::haproxy
