// The journal's verdicts, put to their analyzers again.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

class Replay : public Shipped {
 protected:
  Replay() : forecast(SLIPWAY_FORECAST), judge(SLIPWAY_JUDGE), sequential(SLIPWAY_SEQUENTIAL) {
    use("analyzers.forecast", forecast);
    use("analyzers.judge", judge);
    use("analyzers.sequential", sequential);
    world.metrics.on_query = [this](const auto&) { ++looks; };
  }
  // These analyses of one canary, as long as all of them last; "errors" is the threshold's.
  std::string run(double error_ratio, const std::vector<std::string>& names) {
    world.metrics.counts_failures = true;
    world.metrics.error_ratio = {{"1.0", 0.01}, {"1.1", error_ratio}};
    prepare("canary", {{"steps", {{{"weight", "25%"}}, {{"analysis", names}}}}}, [](auto& spec) {
      const auto add = [&](const char* analyzer, const Json& settings) {
        auto more = spec.analyses[0];
        more.name = more.analyzer = analyzer;
        more.settings = json_text(settings);
        spec.analyses.push_back(more);
      };
      add("sequential", {{"min_duration", "5s"}, {"absolute_floor", 0.04}, {"seed", 7}});
      add("judge", {{"metrics", {{{"name", "error_ratio"}}}}, {"windows", 5}, {"min_points", 5}});
      add("forecast", {{"value", "error_ratio"}, {"limit", 1}, {"windows", 3}});
    });
    const std::string id = deploy();
    EXPECT_TRUE(world.until([&] { return rollout::has_ended(world.state_of(id)); }, seconds(600))) << text_of(id);
    return id;
  }
  // Asks the analyzer of each verdict what the journal says that it was asked; the verdicts by analysis.
  std::map<std::string, std::vector<std::string>> replayed(const std::string& id) {
    std::map<std::string, std::vector<std::string>> verdicts;
    for (const auto& entry : world.journal(id)) {
      if (entry.kind != "verdict") continue;
      const Json detail = tree_of(entry.detail);
      const std::string name = detail.at("analysis");
      auto& asked = *analyzers.at(name);
      const auto text =
          asked.call(analyzer::kId, analyzer::Interface::index_of<analyzer::Judge>(), to_text(detail.at("question")));
      EXPECT_TRUE(text.ok()) << to_string(text.status());
      if (!text.ok()) continue;
      const Json again = Json::parse(*text);
      for (const char* what : {"verdict", "evidence", "measurements", "method"})
        EXPECT_EQ(to_text(detail.at(what)), to_text(again.at(what))) << name << ": " << what;
      EXPECT_EQ(entry.reason, "analysis " + name + ": " + again.at("verdict").get<std::string>() + ", " +
                                  again.at("reason").get<std::string>());
      verdicts[name].push_back(again.at("verdict"));
    }
    return verdicts;
  }
  RealPlugin forecast;
  RealPlugin judge;
  RealPlugin sequential;
  std::map<std::string, RealPlugin*> analyzers{
      {"errors", &threshold}, {"forecast", &forecast}, {"judge", &judge}, {"sequential", &sequential}};
  int looks = 0;
};

TEST_F(Replay, OfAReleaseThatPassedSaysTheSameToTheBit) {
  const std::vector<std::string> names{"errors", "sequential", "judge", "forecast"};
  const std::string id = run(0.01, names);
  EXPECT_EQ(world.state_of(id), State::succeeded);
  const auto verdicts = replayed(id);
  for (const std::string& name : names) EXPECT_EQ(verdicts.at(name).back(), "pass") << name;
  EXPECT_GT(looks, 12) << "the last verdicts rest on more than one window";
}

// Alone, so that it is the one that turns the release back.
class ReplayOf : public Replay, public testing::WithParamInterface<const char*> {};

TEST_P(ReplayOf, AReleaseThatFailedSaysTheSameToTheBit) {
  const std::string id = run(0.3, {GetParam()});
  EXPECT_EQ(world.state_of(id), State::rolled_back);
  EXPECT_EQ(replayed(id).at(GetParam()).back(), "fail");
}
INSTANTIATE_TEST_SUITE_P(Each, ReplayOf, testing::Values("errors", "sequential", "judge"),
                         [](const auto& chosen) { return std::string(chosen.param); });

TEST_F(Replay, KnowsWhatTheSourceWarnedAbout) {
  world.metrics.warnings = {"requests of next: counters began anew 1 time in this window"};
  const std::string id = run(0.01, {"errors", "sequential"});
  bool is_told = false;
  for (const auto& entry : world.journal(id)) {
    if (entry.kind == "verdict") is_told = tree_of(entry.detail).at("warnings") == Json(world.metrics.warnings);
  }
  EXPECT_TRUE(is_told);
}

}  // namespace
}  // namespace slipway::sim
