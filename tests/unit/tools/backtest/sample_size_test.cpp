#include "tools/backtest/sample_size.hpp"

#include <gtest/gtest.h>

namespace slipway::backtest {
namespace {

using analyzer::Verdict;

PlanRequest request_for(double usual, double worse, double alpha) {
  return {.usual = usual, .worse = worse, .alpha = alpha};
}

TEST(SampleSize, is_at_best_what_was_computed_apart) {
  struct Row {
    double usual;
    double worse;
    double weight;
    double wide;    // at alpha 0.05
    double strict;  // at alpha 0.01
  };
  const Row rows[] = {{0.01, 0.02, 0.1, 8'866, 13'630}, {0.01, 0.02, 0.5, 3'526, 5'421},
                      {0.01, 0.05, 0.1, 898, 1'380},    {0.01, 0.05, 0.5, 412, 633},
                      {0.001, 0.01, 0.1, 2'766, 4'252}, {0.001, 0.01, 0.5, 1'402, 2'155}};
  for (const Row& row : rows) {
    EXPECT_NEAR(requests_at_best(request_for(row.usual, row.worse, 0.05), row.weight), row.wide, 1);
    EXPECT_NEAR(requests_at_best(request_for(row.usual, row.worse, 0.01), row.weight), row.strict, 1);
  }
}

// An analyzer that decides at each rollout's look `decides`, never when that is 0.
struct Decided {
  std::vector<int> decides;
  Verdict verdict = Verdict::fail;
  std::size_t rollouts = 0;
  std::vector<analyzer::JudgeRequest> asked;

  Begin begin() {
    return [this]() -> Ask {
      const int decides_at = decides.at(rollouts++ % decides.size());
      return
          [this, decides_at, look = 0](const analyzer::JudgeRequest& question) mutable -> Result<analyzer::JudgeReply> {
            asked.push_back(question);
            return analyzer::JudgeReply{.state = {"{}"}, .verdict = ++look == decides_at ? verdict : Verdict::proceed};
          };
    };
  }
};

TEST(SampleSize, is_the_median_of_the_rollouts_that_the_analyzer_judged) {
  Decided analyzer{.decides = {3, 9, 5}};
  PlanRequest request = request_for(0.01, 0.05, 0.02);
  request.per_second = 100;
  request.alpha_share = 0.3;
  request.runs = 3;
  request.settings = {R"({"alpha":0.5,"failures":"errors","guard":"none"})"};
  EXPECT_EQ(*requests_to_see(request, 0.5, analyzer.begin()), std::optional(5 * 500.0));
  EXPECT_EQ(analyzer.asked[0].alpha_share, 0.3);
  EXPECT_EQ(analyzer.asked[0].settings.text, R"({"alpha":0.02,"guard":"none"})");
  EXPECT_EQ(analyzer.asked[1].state.text, "{}");
}

TEST(SampleSize, is_none_when_most_rollouts_see_nothing) {
  Decided analyzer{.decides = {3, 0, 0}};
  PlanRequest request = request_for(0.01, 0.05, 0.01);
  request.runs = 3;
  EXPECT_EQ(*requests_to_see(request, 0.5, analyzer.begin()), std::nullopt);
}

TEST(SampleSize, is_none_when_most_rollouts_pass) {
  for (const Verdict verdict : {Verdict::pass, Verdict::inconclusive}) {
    Decided analyzer{.decides = {3}, .verdict = verdict};
    EXPECT_EQ(*requests_to_see(request_for(0.01, 0.05, 0.01), 0.5, analyzer.begin()), std::nullopt);
    EXPECT_EQ(analyzer.asked.size(), 3U * 16) << "nobody asks after it";
  }
}

TEST(SampleSize, is_not_told_when_the_analyzer_refuses) {
  const Begin refuses = [] {
    return [](const analyzer::JudgeRequest&) -> Result<analyzer::JudgeReply> { return Status(Code::internal, "no"); };
  };
  EXPECT_EQ(requests_to_see(request_for(0.01, 0.05, 0.01), 0.5, refuses).status().code, Code::internal);
}

}  // namespace
}  // namespace slipway::backtest
