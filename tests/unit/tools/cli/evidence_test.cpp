#include "tools/cli/evidence.hpp"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

TEST(Evidence, OfTheSequentialAnalyzerIsHeldAgainstItsThreshold) {
  const Json evidence = Json::parse(
      R"({"log_evidence": 3.14159, "threshold": 5.298, "tracks": [
          {"requests": 600, "ratio": 1.5, "ratio_low": 0.353, "ratio_high": 4.417},
          {"requests": 600}, {"ratio": 3, "ratio_low": 1.2}]})");
  EXPECT_EQ(evidence_words(evidence), "3.14 of 5.3");
  EXPECT_EQ(estimate_words(evidence), "1.5x (0.353 to 4.42), 3x (1.2 to any)");
}

TEST(Evidence, OfTheJudgeIsItsScoreAndEachShift) {
  const Json evidence = Json::parse(
      R"({"score": 80, "metrics": {"cpu": {"label": "high", "shift": {"estimate": 0.1, "low": 0.05, "high": 0.13}},
          "memory": {"label": "no data"}}})");
  EXPECT_EQ(evidence_words(evidence), "score 80");
  EXPECT_EQ(estimate_words(evidence), "cpu 0.1 (0.05 to 0.13)");
}

TEST(Evidence, OfAForecastIsWhereItGoes) {
  EXPECT_EQ(estimate_words({{"estimate", 812.0}, {"bound", 903.0}}), "812 (to 903)");
}

TEST(Evidence, ThatHasNoneOfTheseIsADash) {
  for (const Json& evidence : {Json(), Json(7), Json::object(), Json{{"error_ratio", 0.1}}, Json{{"tracks", 3}},
                               Json{{"metrics", "?"}}, Json{{"log_evidence", nullptr}}}) {
    EXPECT_EQ(evidence_words(evidence), "-") << evidence;
    EXPECT_EQ(estimate_words(evidence), "-") << evidence;
  }
}

}  // namespace
}  // namespace slipway::cli
