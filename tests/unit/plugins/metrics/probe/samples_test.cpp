#include "plugins/metrics/probe/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::probe {
namespace {

using testing::ElementsAre;
using testing::Pair;

NamedOutcome passed(const std::string& name, Duration latency) {
  return {name, {Outcome::Result::passed, "", latency}};
}
NamedOutcome failed(const std::string& name) { return {name, {Outcome::Result::failed, "no answer", std::nullopt}}; }
NamedOutcome missing(const std::string& name) { return {name, {Outcome::Result::missing, "no time", std::nullopt}}; }

TEST(ProbeSamples, CountCasesAndTimes) {
  const auto samples = samples_of(
      "next", {passed("a", milliseconds(1)), passed("b", milliseconds(3)), passed("c", milliseconds(2)), failed("d")});
  EXPECT_THAT(samples.values, ElementsAre(Pair("cases", 4), Pair("failed_cases", 1), Pair("latency_max", 3),
                                          Pair("latency_p50", 2), Pair("passed_ratio", 0.75)));
  EXPECT_EQ(samples.cases.size(), 4U);
  EXPECT_FALSE(samples.cases[3].passed);
  EXPECT_EQ(samples.cases[3].detail, "no answer");
  EXPECT_EQ(samples.completeness, 1.0);
}

TEST(ProbeSamples, AProgramsOwnResultsAreCases) {
  const NamedOutcome suite{"smoke at a:1",
                           {Outcome::Result::failed, "", std::nullopt, {{"opens", true, ""}, {"pays", false, "500"}}}};
  const auto samples = samples_of("next", {suite, missing("b")});
  ASSERT_EQ(samples.cases.size(), 2U);
  EXPECT_EQ(samples.cases[0].name, "smoke at a:1: opens");
  EXPECT_FALSE(samples.cases[1].passed);
  EXPECT_EQ(samples.cases[1].detail, "500");
  EXPECT_EQ(samples.values.at("failed_cases"), 1);
  EXPECT_EQ(samples.completeness, 0.5) << "of the checks";
}

TEST(ProbeSamples, NoReplicaIsMissingDataAndNoSuccess) {
  const auto samples = samples_of("next", {});
  EXPECT_TRUE(samples.values.empty());
  EXPECT_EQ(samples.completeness, 0.0);
  EXPECT_EQ(samples.problem, "the group has no ready replica to check");
}

TEST(ProbeSamples, ChecksThatWereNotMadeAreNeitherPassedNorFailed) {
  const auto samples = samples_of("next", {passed("a", milliseconds(1)), missing("b")});
  EXPECT_EQ(samples.values.at("cases"), 1);
  EXPECT_EQ(samples.completeness, 0.5);
  EXPECT_EQ(samples.problem, "b: no time");
}

TEST(ProbeSamples, OnlyChecksThatWereNotMadeGiveNoValues) {
  const auto samples = samples_of("next", {missing("a"), missing("b")});
  EXPECT_TRUE(samples.values.empty());
  EXPECT_EQ(samples.completeness, 0.0);
}

}  // namespace
}  // namespace slipway::probe
