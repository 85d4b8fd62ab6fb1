#include "plugins/metrics/prometheus/bounds.hpp"

#include <gtest/gtest.h>

namespace slipway::prometheus {
namespace {

using Upto = std::vector<std::pair<std::string, double>>;

// What one target tells.
void add(Found& answer, const std::string& target, const Upto& buckets) {
  for (const auto& [bound, count] : buckets)
    answer.series.push_back(
        {.labels = {{"instance", target}, {"le", bound}}, .points = {count}, .times = {1}, .native = {}});
}

Found told_by(const Upto& buckets) {
  Found answer;
  add(answer, "a", buckets);
  return answer;
}

// "0.5: 4; +Inf: 9".
std::string buckets_in(const Found& classic) {
  std::string text;
  for (const Series& one : classic.series)
    text += (text.empty() ? "" : "; ") + one.labels.at("le") + ": " + to_text(static_cast<std::int64_t>(one.points[0]));
  return text;
}

const Upto kStable{{"0.1", 1}, {"0.25", 5}, {"0.5", 8}, {"+Inf", 9}};

TEST(PrometheusBounds, ThatAreTheSameStay) {
  Found stable = told_by(kStable);
  Found next = told_by(kStable);
  Found silent;
  const auto said = share_bounds({{"next", &next}, {"stable", &stable}, {"baseline", &silent}});
  EXPECT_EQ(*said, "");
  EXPECT_EQ(next.series.size(), 4U);
  EXPECT_EQ(*share_bounds({}), "");
}

// Else an edge of 0.3 would call what took 0.27 slow in the one group alone.
TEST(PrometheusBounds, OfTwoGroupsAreThoseThatBothHave) {
  Found stable = told_by(kStable);
  Found next = told_by({{"0.1", 2}, {"0.3", 3}, {"0.50", 4}, {"2", 5}, {"+Inf", 6}});
  const auto said = share_bounds({{"next", &next}, {"stable", &stable}});
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(
      *said,
      "not all histograms have the same buckets: next has 0.1, 0.3, 0.5, 2; stable has 0.1, 0.25, 0.5; counted at "
      "those that each of them has: 0.1, 0.5");
  EXPECT_EQ(buckets_in(stable), "0.1: 1; 0.5: 8; +Inf: 9");
  EXPECT_EQ(buckets_in(next), "0.1: 2; 0.50: 4; +Inf: 6");
}

TEST(PrometheusBounds, OfTheTargetsOfOneGroupAreThoseThatEachHas) {
  Found next = told_by(kStable);
  add(next, "b", {{"0.5", 3}, {"1", 4}, {"+Inf", 4}});
  EXPECT_TRUE(share_bounds({{"next", &next}}).ok());
  EXPECT_EQ(buckets_in(next), "0.5: 8; +Inf: 9; 0.5: 3; +Inf: 4");
}

TEST(PrometheusBounds, WithoutACommonOneAreNamedForBothGroups) {
  Found stable = told_by(kStable);
  Found next = told_by({{"0.2", 1}, {"0.4", 3}, {"+Inf", 6}});
  const auto said = share_bounds({{"next", &next}, {"stable", &stable}});
  EXPECT_EQ(
      said.status(),
      Status(Code::not_found,
             "not all histograms have the same buckets: next has 0.2, 0.4; stable has 0.1, 0.25, 0.5; no bound is in "
             "each of them, so they can't be compared; give the releases buckets with common bounds"));
}

TEST(PrometheusBounds, AreShownADozenAtMost) {
  Upto many;
  for (int i = 1; i <= 13; ++i) many.emplace_back(std::to_string(i), i);
  Found stable = told_by(many);
  Found next = told_by({{"1", 1}});
  EXPECT_EQ(
      *share_bounds({{"next", &next}, {"stable", &stable}}),
      "not all histograms have the same buckets: next has 1; stable has 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …; "
      "counted at those that each of them has: 1");
}

TEST(PrometheusBounds, OfWhatIsNoClassicHistogramAreNotTouched) {
  Found stable = told_by(kStable);
  Found native{{{.labels = {}, .points = {}, .times = {1}, .native = {{}}}}, {}};
  Found nonsense = told_by({{"wide", 1}});
  for (Found* other : {&native, &nonsense}) {
    EXPECT_EQ(*share_bounds({{"next", other}, {"stable", &stable}}), "");
    EXPECT_EQ(stable.series.size(), 4U);
    EXPECT_EQ(other->series.size(), 1U);
  }
}

}  // namespace
}  // namespace slipway::prometheus
