// As sequential_calibration_test, for latency: requests above an edge, the evidence of several edges as its mean. Two
// tables are of the ratio alone, for which figures were computed apart, the last is of the analyzer's defaults.
// Latencies are lognormal with a median of 100 ms and a 99th percentile of 403.8 ms. A shift makes every request
// slower, a tail only those above the 95th percentile.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "plugins/analyzers/sequential/evidence.hpp"
#include "plugins/analyzers/sequential/logs.hpp"
#include "tests/simulation/calibration.hpp"

namespace slipway::sequential::latency {
namespace {

constexpr double kSigma = 0.6;
constexpr double kP95 = 268.3;
constexpr double kP99 = 403.8;
constexpr std::int64_t kRequests = 6'000;
constexpr std::int64_t kLooks = 120;

double part_above(double ms) { return 0.5 * std::erfc(std::log(ms / 100) / kSigma / std::sqrt(2.0)); }

enum class Slow { none, shift, tail };
struct Release {
  Slow slow = Slow::none;
  double times = 1;
  [[nodiscard]] double above(double edge) const {
    if (slow == Slow::shift) return part_above(edge / times);
    if (slow == Slow::tail && edge > kP95)
      return part_above(kP95 + (edge - kP95) * (kP99 - kP95) / (times * kP99 - kP95));
    return part_above(edge);
  }
};

class Traffic {
 public:
  Traffic(std::vector<double> edges, double share, Release next, int run)
      : edges_(std::move(edges)), share_(share), next_(next), random_(static_cast<std::uint64_t>(run) * 7'919 + 29) {}

  // The pair of each edge.
  std::vector<Pair> look() {
    const std::int64_t next = drawn(kRequests, share_);
    const auto slow_next = above(next, next_);
    const auto slow_stable = above(kRequests - next, {});
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < edges_.size(); ++i)
      pairs.push_back({{next, slow_next[i]}, {kRequests - next, slow_stable[i]}});
    return pairs;
  }
  double uniform() { return std::uniform_real_distribution<>()(random_); }

 private:
  std::int64_t drawn(std::int64_t n, double p) { return std::binomial_distribution<std::int64_t>(n, p)(random_); }
  // Who is above an edge was above the one before.
  std::vector<std::int64_t> above(std::int64_t requests, const Release& release) {
    std::vector<std::int64_t> counts;
    double before = 1;
    for (const double edge : edges_) {
      counts.push_back(requests = drawn(requests, release.above(edge) / before));
      before = release.above(edge);
    }
    return counts;
  }

  std::vector<double> edges_;
  double share_;
  Release next_;
  std::mt19937_64 random_;
};

// The first look at which the evidence reaches 1 / alpha; later than all when it never does.
std::int64_t alarm(const std::vector<double>& edges, double share, Release next, double alpha, int run) {
  Traffic traffic(edges, share, next, run);
  static const auto ratios = ratios_above(1, {});
  std::vector<Mixture> mixtures(edges.size(), Mixture(ratios.size(), Onset::first_interval));
  for (std::int64_t number = 1; number <= kLooks; ++number) {
    const auto pairs = traffic.look();
    std::vector<double> logs;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      mixtures[i].add(ratio_steps(pairs[i], 1, ratios), {number, kLooks});
      logs.push_back(mixtures[i].log_value({number, kLooks}));
    }
    if (log_mean(logs) >= -std::log(alpha)) return number;
  }
  return kLooks + 1;
}

std::vector<std::int64_t> alarms(const std::vector<double>& edges, double share, Release next, double alpha) {
  std::vector<std::int64_t> all;
  for (int run = 0; run < calibration::runs() / 2; ++run) all.push_back(alarm(edges, share, next, alpha, run));
  std::sort(all.begin(), all.end());
  return all;
}

std::string name_of(const std::vector<double>& edges) {
  if (edges.size() == 1) return "above p99";
  return edges.size() == 3 ? "above p50, p95 and p99" : "above 100, 250, 500 and 1,000 ms";
}

std::string words(const std::vector<double>& edges, double share, double alpha) {
  return name_of(edges) + ", share " + calibration::percent(share) + ", alpha " + calibration::percent(alpha);
}

const std::vector<std::vector<double>> kEdges{{kP99}, {100, kP95, kP99}, {100, 250, 500, 1'000}};

TEST(EqualLatencies, RaiseNoMoreAlarmsThanAlphaAllows) {
  for (const auto& edges : kEdges) {
    for (const double share : {0.1, 0.5}) {
      for (const double alpha : {0.05, 0.01}) {
        const auto all = alarms(edges, share, {}, alpha);
        const auto runs = static_cast<double>(all.size());
        const double part =
            static_cast<double>(std::count_if(all.begin(), all.end(), [](auto look) { return look <= kLooks; })) / runs;
        EXPECT_LE(part, alpha + 3 * std::sqrt(alpha * (1 - alpha) / runs)) << words(edges, share, alpha);
        calibration::note("False alarms over two releases that are equally slow, by the ratio alone",
                          words(edges, share, alpha), "at most " + calibration::percent(alpha),
                          calibration::percent(part));
      }
    }
  }
}

struct Row {
  std::string name;
  std::vector<double> edges;
  Release next;
  double tenth[2];  // looks at share 0.1 and alpha 0.05, 0.01
  double half[2];   // at share 0.5
};

void expect_looks(const Row& row, double share, double alpha, double wanted) {
  const auto all = alarms(row.edges, share, row.next, alpha);
  const auto median = static_cast<double>(all[all.size() / 2]);
  EXPECT_NEAR(median, wanted, 1) << row.name << " " << words(row.edges, share, alpha);
  calibration::note("Looks until a slower release has failed by the ratio alone, without floor and guard: the median",
                    row.name + ": " + words(row.edges, share, alpha), calibration::number(wanted) + ", within 1",
                    calibration::number(median));
}

TEST(SlowReleases, FailAfterTheLooksThatWereComputedApart) {
  const Release shift{Slow::shift, 1.1};
  const Release tail{Slow::tail, 1.1};
  const Release long_tail{Slow::tail, 1.5};
  const Release long_shift{Slow::shift, 1.5};
  const std::vector<Row> rows{{"all 10 % slower", kEdges[0], shift, {8, 12}, {4, 5}},
                              {"all 10 % slower", kEdges[1], shift, {3, 4}, {2, 2}},
                              {"the tail 10 % slower", kEdges[0], tail, {12, 17}, {5, 7}},
                              {"the tail 10 % slower", kEdges[1], tail, {15, 20}, {6, 8}},
                              {"the tail 50 % slower", kEdges[0], long_tail, {2, 2}, {1, 1}},
                              {"the tail 50 % slower", kEdges[1], long_tail, {2, 2}, {1, 1}},
                              {"all 10 % slower", kEdges[2], shift, {3, 4}, {2, 2}},
                              {"the tail 10 % slower", kEdges[2], tail, {14, 18}, {6, 8}},
                              {"the tail 50 % slower", kEdges[2], long_tail, {1, 2}, {1, 1}},
                              {"all 50 % slower", kEdges[0], long_shift, {1, 1}, {1, 1}},
                              {"all 50 % slower", kEdges[1], long_shift, {1, 1}, {1, 1}},
                              {"all 50 % slower", kEdges[2], long_shift, {1, 1}, {1, 1}}};
  for (const Row& row : rows) {
    for (const std::size_t level : {0U, 1U}) {
      expect_looks(row, 0.1, level == 0 ? 0.05 : 0.01, row.tenth[level]);
      expect_looks(row, 0.5, level == 0 ? 0.05 : 0.01, row.half[level]);
    }
  }
}

analyzer::Verdict verdict_of_defaults(const std::vector<double>& edges, double share, Release next, int run) {
  const Settings settings{.kind = Kind::slow_ratio, .edges = edges};
  Traffic traffic(edges, share, next, run);
  std::vector<Evidence> tracks(edges.size(), Evidence(settings));
  Ruling ruling;
  for (std::int64_t number = 1; number <= kLooks && ruling.verdict == analyzer::Verdict::proceed; ++number) {
    const auto pairs = traffic.look();
    std::vector<Strength> strengths;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      tracks[i].add(pairs[i], {number, kLooks}, traffic.uniform());
      strengths.push_back(tracks[i].strength({number, kLooks}));
    }
    ruling = rule(settings, together(settings, strengths), slipway::seconds(60) * number);
  }
  return ruling.verdict;
}

TEST(LatencyDefaults, FailWhatIsSlowAndKeepAlphaAndBeta) {
  struct Promise {
    std::string name;
    Release next;
    double fails[2];  // at least, at most
    double passes[2];
  };
  const std::vector<Promise> promises{{"equally slow", {}, {0, 0.01}, {0.9, 1}},
                                      {"all 50 % slower", {Slow::shift, 1.5}, {0.99, 1}, {0, 0.01}},
                                      {"the tail twice as slow", {Slow::tail, 2}, {0.99, 1}, {0, 0.01}}};
  const auto span = [](const double(&of)[2]) {
    return of[0] > 0 ? "at least " + calibration::percent(of[0]) : "at most " + calibration::percent(of[1]);
  };
  const int runs = calibration::runs() / 2;
  for (const auto& edges : kEdges) {
    for (const double share : {0.1, 0.5}) {
      for (const auto& [name, next, fails, passes] : promises) {
        double failed = 0;
        double passed = 0;
        for (int run = 0; run < runs; ++run) {
          const auto verdict = verdict_of_defaults(edges, share, next, run);
          if (verdict == analyzer::Verdict::fail) failed += 1.0 / runs;
          if (verdict == analyzer::Verdict::pass) passed += 1.0 / runs;
        }
        const std::string of = name + ": " + name_of(edges) + ", share " + calibration::percent(share);
        const double error = 3 * std::sqrt(0.01 * 0.99 / runs);
        EXPECT_GE(failed, fails[0]) << of;
        EXPECT_LE(failed, fails[1] + error) << of;
        EXPECT_GE(passed, passes[0]) << of;
        EXPECT_LE(passed, passes[1] + error) << of;
        calibration::note("The defaults of slow_ratio, over two hours: fails, passes", of,
                          span(fails) + ", " + span(passes),
                          calibration::percent(failed) + ", " + calibration::percent(passed));
      }
    }
  }
}

}  // namespace
}  // namespace slipway::sequential::latency
