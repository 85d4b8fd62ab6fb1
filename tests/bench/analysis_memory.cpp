// What a host holds in memory for each analysis that is under way: its entry in the rollout's record, of which every
// step of the engine begins with the one in memory. Counted by the allocator over 10,000 analyses of 4 metrics, each
// after 200 windows.
#include <malloc.h>

#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>
#include <stdexcept>

#include "host/rollout/windows.hpp"
#include "tests/bench/report.hpp"

namespace slipway::bench {
namespace {

constexpr std::size_t kAnalyses = 10'000;
constexpr std::size_t kMetrics = 4;
constexpr std::int64_t kWindows = 200;
constexpr double kGoalKib = 16;

void require(bool held, const char* what) {
  if (!held) throw std::runtime_error(what);
}

double allocated_kib() { return static_cast<double>(::mallinfo2().uordblks) / 1024; }

constexpr const char* kErrors = R"({"max_duration":"24h","min_duration":"24h"})";
constexpr const char* kFourEdges =
    R"({"max_duration":"24h","min_duration":"24h","kind":"slow_ratio","edges":[100,250,500,1000]})";

std::vector<metrics::Bucket> latencies(std::int64_t unit) {
  return {{100, 50 * unit}, {250, 30 * unit}, {500, 15 * unit}, {1'000, 4 * unit}, {std::nullopt, unit}};
}

analyzer::JudgeRequest window(const rollout::AnalysisRun& run, const char* settings) {
  const std::int64_t number = run.window;
  analyzer::JudgeRequest request{.settings = {settings}, .state = run.state};
  request.started = run.begin;
  request.window = {"01K00000000000000000000000.1/errors/2/" + std::to_string(number), run.begin + seconds(15) * number,
                    run.begin + seconds(15) * (number + 1)};
  request.now = request.window.to;
  request.weight = 100'000;
  const double noise = static_cast<double>(number % 5);
  request.groups = {{.role = "next",
                     .values = {{"requests", 600}, {"failures", 4 + noise}},
                     .histograms = {{"latency", latencies(6)}}},
                    {.role = "stable",
                     .values = {{"requests", 5400}, {"failures", 52 + noise}},
                     .histograms = {{"latency", latencies(54)}}}};
  return request;
}

// As the engine has it after its windows, by the shipped analyzer.
rollout::AnalysisRun under_way(const char* settings) {
  const test::Library library(SLIPWAY_SEQUENTIAL);
  test::FakeHost host(library.table());
  require(host.run().ok(), "the analyzer does not start");
  rollout::AnalysisRun run{.wanted = {.name = "errors", .run = "2"}, .begin = Instant{1'767'225'600'000'000'000}};
  run.status.name = "errors";
  while (run.window < kWindows) {
    const auto reply = host.call<analyzer::Interface, analyzer::Judge>(window(run, settings));
    require(reply.ok() && reply->verdict == analyzer::Verdict::proceed, "the analysis has ended");
    rollout::take_judgement(run, {}, *reply);
  }
  return run;
}

double kib_of_four(const rollout::AnalysisRun& one) {
  const double before = allocated_kib();
  std::vector<std::vector<rollout::AnalysisRun>> all;
  all.reserve(kAnalyses);
  for (std::size_t i = 0; i < kAnalyses; ++i) all.emplace_back(kMetrics, one);
  return (allocated_kib() - before) / static_cast<double>(all.size());
}

int run() {
  const rollout::AnalysisRun one = under_way(kErrors);
  const double each = kib_of_four(one);
  report({"analysis.memory", each, "KiB", std::nullopt,
          "at most 16 KiB for an analysis of 4 metrics of one pair of counts each, 10,000 of them", each <= kGoalKib});
  report({"analysis.memory_of_edges", kib_of_four(under_way(kFourEdges)), "KiB", std::nullopt,
          "none, to be watched: 4 latency metrics of four edges each, which are 16 pairs of counts", true});
  const double state = static_cast<double>(one.state.text.size()) / 1024;
  report({"analysis.state", state, "KiB", std::nullopt, "at most 4 KiB a metric", state <= 4});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
