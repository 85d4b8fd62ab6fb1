// What a look of an analysis costs, and how many requests it takes to see a regression.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <random>
#include <slipway/interfaces/analyzer.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

#include "plugins/analyzers/judge/mann_whitney.hpp"
#include "plugins/analyzers/sequential/evidence.hpp"
#include "tests/bench/nanoseconds.hpp"
#include "tests/bench/report.hpp"

namespace slipway::bench {
namespace {

using sequential::Evidence;
using sequential::Moment;
using sequential::Pair;

const Pair kLook{{600, 9}, {5400, 54}};
constexpr std::size_t kGridPoints = 24;

void sequential_step(benchmark::State& state) {
  const sequential::Settings settings;
  Evidence evidence(settings);
  Moment moment{0, 480};
  for (auto _ : state) {
    ++moment.number;
    evidence.add(kLook, moment, 0.5);
    auto ruling = sequential::rule(settings, evidence.strength(moment), {});
    benchmark::DoNotOptimize(ruling);
  }
}

// The reference: the logarithms alone that three tiers of 24 points take.
void logarithms(benchmark::State& state) {
  double x = 0.1;
  for (auto _ : state) {
    double sum = 0;
    for (std::size_t i = 0; i < 3 * kGridPoints; ++i) sum += std::log1p(x * static_cast<double>(i + 1));
    benchmark::DoNotOptimize(sum);
    benchmark::DoNotOptimize(x);
  }
}

std::vector<double> points(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> values(60);
  for (double& value : values) value = std::normal_distribution<>(100, 10)(random);
  return values;
}

void judge_shift(benchmark::State& state) {
  const auto x = points(1);
  const auto y = points(2);
  for (auto _ : state) {
    auto shift = judge::shift_of({x, y}, 0.98);
    benchmark::DoNotOptimize(shift);
  }
}

// The reference: sorting as many numbers as there are differences.
void sort_differences(benchmark::State& state) {
  std::mt19937 random(3);
  std::vector<double> values(3'600);
  for (double& value : values) value = std::uniform_real_distribution<>()(random);
  for (auto _ : state) {
    auto copy = values;
    std::sort(copy.begin(), copy.end());
    benchmark::DoNotOptimize(copy.data());
  }
}

analyzer::JudgeRequest window(std::int64_t number, JsonText state) {
  analyzer::JudgeRequest request{.settings = {"{}"}, .state = std::move(state)};
  request.window = {"w" + std::to_string(number), Instant{} + seconds(15) * number,
                    Instant{} + seconds(15) * (number + 1)};
  request.groups = {{.role = "next", .values = {{"requests", 600}, {"failures", 9}}},
                    {.role = "stable", .values = {{"requests", 5400}, {"failures", 54}}}};
  return request;
}

// Everything between the request's text and the reply's.
void whole_look(benchmark::State& state) {
  const test::Library library(SLIPWAY_SEQUENTIAL);
  test::FakeHost host(library.table());
  if (!host.run().ok()) std::abort();
  const auto first = host.call<analyzer::Interface, analyzer::Judge>(window(0, {}));
  const auto request = window(1, first->state);
  for (auto _ : state) {
    auto reply = host.call<analyzer::Interface, analyzer::Judge>(request);
    if (!reply.ok()) std::abort();
    benchmark::DoNotOptimize(reply);
  }
}

// The reference: the same text read and written as JSON.
void same_json(benchmark::State& state) {
  const test::Library library(SLIPWAY_SEQUENTIAL);
  test::FakeHost host(library.table());
  if (!host.run().ok()) std::abort();
  const auto reply = host.call<analyzer::Interface, analyzer::Judge>(window(0, {}));
  const std::string request = encode_text(window(1, reply->state));
  for (auto _ : state) {
    auto text = Json::parse(request).dump();
    benchmark::DoNotOptimize(text);
  }
}

// An analyzer as it is shipped, asked of each window of so many seconds.
class Asked {
 public:
  Asked(const char* library, Json settings, std::int64_t length)
      : library_(library), settings_(std::move(settings)), length_(length) {
    if (!host_.run().ok()) std::abort();
  }
  void begin(unsigned run) {
    if (settings_.contains("seed")) settings_["seed"] = run;
    state_ = {};
    window_ = {};
  }
  // Whether it fails after one more second.
  bool fails_after(const Pair& second, std::int64_t number) {
    window_ += second;
    if (number % length_ != 0) return false;
    analyzer::JudgeRequest request{.settings = json_text(settings_), .state = std::move(state_)};
    request.window = {"w" + std::to_string(number), Instant{} + seconds(number - length_), Instant{} + seconds(number)};
    request.groups = {group("next", window_.next), group("stable", window_.stable)};
    const auto reply = host_.call<analyzer::Interface, analyzer::Judge>(request);
    if (!reply.ok()) std::abort();
    state_ = reply->state;
    window_ = {};
    return reply->verdict == analyzer::Verdict::fail;
  }

 private:
  static metrics::GroupSamples group(const char* role, const sequential::Counts& counts) {
    const auto requests = static_cast<double>(counts.requests);
    const auto failures = static_cast<double>(counts.bad);
    metrics::GroupSamples samples{.role = role, .values = {{"requests", requests}, {"failures", failures}}};
    if (counts.requests > 0) samples.values["error_ratio"] = failures / requests;
    return samples;
  }

  test::Library library_;
  test::FakeHost host_{library_.table()};
  Json settings_;
  std::int64_t length_;
  JsonText state_;
  Pair window_;
};

// SLIPWAY_BENCH_SECONDS shortens a run that only shows that the benchmark works.
bool is_short() { return std::getenv("SLIPWAY_BENCH_SECONDS") != nullptr; }

// Requests of both groups until a canary with a tenth of the traffic fails: 1 % errors against 5 %, 100 requests each
// second for at most an hour, the median of 1,001 runs.
double requests_to_detect(Asked asked) {
  std::vector<double> all;
  for (unsigned run = 0; run < (is_short() ? 21 : 1'001); ++run) {
    std::mt19937_64 random(run);
    const auto drawn = [&](std::int64_t n, double p) { return std::binomial_distribution<std::int64_t>(n, p)(random); };
    asked.begin(run);
    std::int64_t number = 0;
    for (bool failed = false; !failed && number < 3'600;) {
      Pair pair;
      pair.next.requests = drawn(100, 0.1);
      pair.stable.requests = 100 - pair.next.requests;
      pair.next.bad = drawn(pair.next.requests, 0.05);
      pair.stable.bad = drawn(pair.stable.requests, 0.01);
      failed = asked.fails_after(pair, ++number);
    }
    all.push_back(static_cast<double>(number) * 100);
  }
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

void report_detection() {
  // As people write it: more than 2 % of some 200 requests, three times. Its false alarms are not bounded.
  const Json limit = {{"failure", "error_ratio > 2%"}, {"failure_limit", 2}, {"min_requests", 100}};
  const double threshold = requests_to_detect({SLIPWAY_THRESHOLD, limit, 20});
  // The errors of each minute as a point, looked at six times in an hour.
  const Json points = {{"metrics", {{{"name", "error_ratio"}, {"direction", "increase"}}}},
                       {"windows", 60},
                       {"min_points", 10},
                       {"looks", 6}};
  const double judged = requests_to_detect({SLIPWAY_JUDGE, points, 60});
  const Json plain = {{"seed", 0},
                      {"guard", "none"},
                      {"max_ratio", 1},
                      {"absolute_floor", 1e-6},
                      {"change_robust", false},
                      {"max_duration", "10m"},
                      {"min_duration", "10m"}};
  const double bare = requests_to_detect({SLIPWAY_SEQUENTIAL, plain, 1});
  report({"analysis.detect.sequential", bare, "requests", threshold,
          "at most 1,700; without guard and late effects (reference: threshold, 3 failures)",
          bare <= 1'700 || is_short()});
  const Json defaults = {{"seed", 0}};
  const double guarded = requests_to_detect({SLIPWAY_SEQUENTIAL, defaults, 1});
  report({"analysis.detect.sequential_defaults", guarded, "requests", threshold, "none, to be watched", true});
  report({"analysis.detect.judge", judged, "requests", threshold, "none, to be watched", true});
}

int run() {
  for (auto* one :
       {benchmark::RegisterBenchmark("sequential_step", sequential_step),
        benchmark::RegisterBenchmark("logarithms", logarithms),
        benchmark::RegisterBenchmark("judge_shift", judge_shift),
        benchmark::RegisterBenchmark("sort_differences", sort_differences),
        benchmark::RegisterBenchmark("whole_look", whole_look), benchmark::RegisterBenchmark("same_json", same_json)}) {
    one->MinTime(0.1)->Repetitions(9);
  }
  auto medians = Medians::of_registered();
  const double step = medians["sequential_step"] / 1e3;
  report({"analysis.sequential_step", step, "us", medians["logarithms"] / 1e3, "at most 5 us", step <= 5});
  const double shift = medians["judge_shift"] / 1e6;
  report({"analysis.judge_60x60", shift, "ms", medians["sort_differences"] / 1e6, "at most 1 ms", shift <= 1});
  // 10,000 analyses of 4 metrics each 15 s, in a tenth of a core.
  const double look = medians["whole_look"] / 1e3;
  report({"analysis.whole_look", look, "us", medians["same_json"] / 1e3, "at most 37.5 us", look <= 37.5});
  report_detection();
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  return slipway::bench::run();
}
