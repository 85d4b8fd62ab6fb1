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

// Not only drawn: seen to happen, as the store has it.
TEST(Story, ShowsWhatPeopleDoToHostsAndToWholeApplications) {
  const Tally tally = run({.seeds = 100});
  for (const char* sight :
       {"hosts drained", "drains undone", "hosts stopped in order", "applications deleted", "applications made again",
        "rollouts begun beside one of another application", "rollouts with two analyses at once"})
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
