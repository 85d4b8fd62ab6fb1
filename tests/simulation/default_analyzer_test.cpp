// Who judges where an application names no analyzer.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

class DefaultAnalyzer : public Shipped {
 protected:
  DefaultAnalyzer() : sequential(SLIPWAY_SEQUENTIAL) {
    use("analyzers.sequential", sequential);
    world.metrics.counts_failures = true;
    world.metrics.error_ratio = {{"1.0", 0.01}, {"1.1", 0.01}};
  }
  // A canary with an analysis that names no analyzer.
  void prepare_unnamed(const Json& settings) {
    prepare("canary", {{"steps", {{{"weight", "25%"}}, {{"analysis", "errors"}}}}}, [&](auto& spec) {
      spec.analyses = {{.name = "errors", .metrics = "sim", .settings = json_text(settings), .interval = seconds(1)}};
    });
  }
  Problems problems() { return world.deploy("shop", "1.1").status().problems; }

  RealPlugin sequential;
};

TEST_F(DefaultAnalyzer, ComparesWithTheRunningReleaseWithoutAnySetting) {
  world.metrics.error_ratio["1.1"] = 0.2;
  prepare_unnamed(Json::object());
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  EXPECT_THAT(text_of(id), testing::HasSubstr("that is not chance: log-evidence"));
}

TEST_F(DefaultAnalyzer, TellsWhoseSettingsTheseAreThatItCannotTake) {
  const Json conditions = {{"success", "error_ratio < 5%"}, {"count", 3}};
  world.make_stable(world.shop(), "1.0");
  auto spec = world.shop();
  spec.analyses = {{.name = "errors", .metrics = "sim", .settings = json_text(conditions)}};
  ASSERT_TRUE(world.make_application(spec).ok());
  (void)world.make_release("shop", "1.1");
  const Problems found = problems();
  std::vector<std::string> paths;
  for (const Problem& problem : found) paths.push_back(problem.path);
  EXPECT_THAT(paths, testing::IsSupersetOf(
                         {"/analyses/0/settings/success", "/analyses/0/settings/count", "/analyses/0/analyzer"}));
  EXPECT_THAT(found.back().message, testing::HasSubstr("write \"analyzer: threshold\""));
}

TEST_F(DefaultAnalyzer, RefusesASourceThatCountsNoRequests) {
  world.metrics.described.metrics = {{"cases", "", ""}, {"failed_cases", "", ""}};
  auto spec = world.shop();
  spec.analyses = {{.name = "errors", .metrics = "sim"}};
  ASSERT_TRUE(world.make_application(spec).ok());
  (void)world.make_release("shop", "1.1");
  const Problems found = problems();
  ASSERT_THAT(found, testing::SizeIs(1));
  EXPECT_EQ(found[0].path, "/analyses/0/settings/requests");
  EXPECT_THAT(found[0].message, testing::HasSubstr("which tells cases, failed_cases; "));
  EXPECT_THAT(found[0].message, testing::HasSubstr("write \"analyzer: threshold\""));
}

TEST_F(DefaultAnalyzer, TakesASourceWhoseQueryNamesTheNumbers) {
  world.metrics.described.metrics = {{"*", "", ""}};
  prepare_unnamed({{"failures", "broken"}});
  EXPECT_THAT(problems(), testing::IsEmpty());
}

}  // namespace
}  // namespace slipway::sim
