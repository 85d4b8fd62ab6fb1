// The simulation proves itself: it finds each planted bug, and nothing where none is planted.
#include <gmock/gmock.h>

#include <fstream>
#include <regex>

#include "tests/simulation/campaign.hpp"

namespace slipway::sim {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> sections_of(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> names;
  const std::regex section("## `([a-z_]+)`");
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, section)) names.push_back(match[1]);
  }
  return names;
}

TEST(Invariants, AreThoseOfTheReference) {
  std::vector<std::string> names;
  for (const Invariant& invariant : invariants()) names.emplace_back(invariant.name);
  EXPECT_THAT(sections_of(SLIPWAY_INVARIANTS_PAGE), ElementsAreArray(names));
}

TEST(Story, IsTheSameEachTimeThatItIsTold) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Plan plan = plan_of(seed);
    std::vector<std::string> first, second;
    (void)Story(plan, nullptr, [&](const std::string& line) { first.push_back(line); }).tell();
    (void)Story(plan, nullptr, [&](const std::string& line) { second.push_back(line); }).tell();
    EXPECT_EQ(first, second) << "seed " << seed;
  }
}

TEST(Story, HoldsEveryInvariantWhereNoBugIsPlanted) {
  const Tally tally = run({.seeds = 60});
  for (const Failure& failure : tally.failures) ADD_FAILURE() << story_of(failure, nullptr);
}

// Each of them has failed once, for what it says.
TEST(Story, HoldsWhereItHasFailedBefore) {
  const std::map<std::uint64_t, std::string_view> once{
      {123, "a token of a lease counted as one of a partition"},
      {246, "a held analysis kept a first release waiting"},
      {784, "an absence was added to a watch that had only begun"},
      {813, "a clock that had been set forward made the next host wait"},
      {1063, "what a host that had its lease again had decided meanwhile was not carried out"},
      {1547, "an order reached the provider after the removal"},
      {2736, "an order of the old number of replicas was held against the new one"},
      {2548, "as 246"},
      {2800, "as 1547"},
      {4034, "as 1547"},
      {4447, "as 1547"},
      {4868, "a wait went by another clock"},
      {4981, "as 1547"},
      {5729, "as 1547"},
      {5765, "only the owner told who can go on with a strategy's state"},
      {5823, "as 1547"},
      {8175, "what was read before somebody wrote was learned after it"},
      {12430, "an absence was as long as a clock that was set forward said"},
      {17518, "the world was compared before an order that hung"},
      {18053, "a clock was set back within min_ready"},
  };
  for (const auto& [seed, why] : once) {
    const Tally tally = run({.from = seed, .seeds = 1});
    for (const Failure& failure : tally.failures)
      ADD_FAILURE() << "once: " << why << "\n" << story_of(failure, nullptr);
  }
}

// Not only drawn: seen to happen, as the store has it.
TEST(Story, ShowsWhatPeopleDoToHostsAndToWholeApplications) {
  const Tally tally = run({.seeds = 100});
  for (const char* sight : {"hosts drained", "drains undone", "hosts stopped in order", "applications deleted",
                            "applications made again", "rollouts begun beside one of another application",
                            "rollouts with two analyses at once", "gradual ways back made instant"})
    EXPECT_GT(tally.sights.count(sight) == 0 ? 0 : tally.sights.at(sight), 0) << sight;
  EXPECT_GT(tally.rollouts.at(State::superseded), 0);
}

class Planted : public testing::TestWithParam<Bug> {};

TEST_P(Planted, IsFoundWithinTenThousandSeeds) {
  const Tally tally = run({.seeds = 10'000, .bug = &GetParam()});
  ASSERT_THAT(tally.failures, SizeIs(1));
  std::cout << "found by seed " << tally.failures[0].seed << ": " << tally.failures[0].violation.invariant << "\n";
  const Tally clean = run({.from = tally.failures[0].seed, .seeds = 1});
  EXPECT_THAT(clean.failures, IsEmpty()) << "the seed fails without the bug too";
}

INSTANTIATE_TEST_SUITE_P(Bug, Planted, testing::ValuesIn(bugs().begin(), bugs().end()),
                         [](const auto& bug) { return std::string(bug.param.name); });

TEST(Shrunk, AFailingSeedKeepsTheMishapsThatMatter) {
  const Bug* bug = find_bug("provider_ignores_tokens");
  const Tally tally = run({.seeds = 10'000, .bug = bug});
  ASSERT_THAT(tally.failures, SizeIs(1));
  const Plan whole = plan_of(tally.failures[0].seed);
  const Plan small = shrunk(whole, bug, tally.failures[0].violation.invariant);
  EXPECT_LT(small.mishaps.size(), whole.mishaps.size());
  EXPECT_TRUE(Story(small, bug).tell().violation.has_value());
}

}  // namespace
}  // namespace slipway::sim
