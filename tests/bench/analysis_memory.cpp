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

analyzer::JudgeRequest window(const rollout::AnalysisRun& run) {
  const std::int64_t number = run.window;
  analyzer::JudgeRequest request{.settings = {R"({"max_duration":"24h","min_duration":"24h"})"}, .state = run.state};
  request.started = run.begin;
  request.window = {"01K00000000000000000000000.1/errors/2/" + std::to_string(number), run.begin + seconds(15) * number,
                    run.begin + seconds(15) * (number + 1)};
  request.now = request.window.to;
  request.weight = 100'000;
  const double noise = static_cast<double>(number % 5);
  request.groups = {{.role = "next", .values = {{"requests", 600}, {"failures", 4 + noise}}},
                    {.role = "stable", .values = {{"requests", 5400}, {"failures", 52 + noise}}}};
  return request;
}

// As the engine has it after its windows, by the shipped analyzer.
rollout::AnalysisRun under_way() {
  const test::Library library(SLIPWAY_SEQUENTIAL);
  test::FakeHost host(library.table());
  require(host.run().ok(), "the analyzer does not start");
  rollout::AnalysisRun run{.wanted = {.name = "errors", .run = "2"}, .begin = Instant{1'767'225'600'000'000'000}};
  run.status.name = "errors";
  while (run.window < kWindows) {
    const auto reply = host.call<analyzer::Interface, analyzer::Judge>(window(run));
    require(reply.ok() && reply->verdict == analyzer::Verdict::proceed, "the analysis has ended");
    rollout::take_judgement(run, {}, *reply);
  }
  return run;
}

int run() {
  const rollout::AnalysisRun one = under_way();
  const double before = allocated_kib();
  std::vector<std::vector<rollout::AnalysisRun>> all;
  all.reserve(kAnalyses);
  for (std::size_t i = 0; i < kAnalyses; ++i) all.emplace_back(kMetrics, one);
  const double each = (allocated_kib() - before) / static_cast<double>(all.size());
  report({"analysis.memory", each, "KiB", std::nullopt, "at most 16 KiB for an analysis of 4 metrics, 10,000 of them",
          each <= kGoalKib});
  const double state = static_cast<double>(one.state.text.size()) / 1024;
  report({"analysis.state", state, "KiB", std::nullopt, "at most 4 KiB a metric", state <= 4});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
