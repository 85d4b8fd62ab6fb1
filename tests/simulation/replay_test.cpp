// The journal's verdicts, put to their analyzers again.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

class Replay : public Shipped {
 protected:
  Replay() : sequential(SLIPWAY_SEQUENTIAL) {
    use("analyzers.sequential", sequential);
    world.metrics.on_query = [this](const auto&) { ++looks; };
  }
  // Two analyses of one canary, by both kinds of evidence; as long as both last.
  std::string run(double error_ratio) {
    world.metrics.counts_failures = true;
    world.metrics.error_ratio["1.1"] = error_ratio;
    const Json both = {{"analysis", {"errors", "evidence"}}};
    prepare("canary", {{"steps", {{{"weight", "25%"}}, both}}}, [](auto& spec) {
      auto evidence = spec.analyses[0];
      evidence.name = "evidence";
      evidence.analyzer = "sequential";
      evidence.settings = json_text({{"min_duration", "5s"}, {"absolute_floor", 0.04}, {"seed", 7}});
      spec.analyses.push_back(evidence);
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
      const std::string name = entry.detail.at("analysis");
      auto& asked = name == "evidence" ? sequential : threshold;
      const auto text = asked.call(analyzer::kId, analyzer::Interface::index_of<analyzer::Judge>(),
                                   to_text(entry.detail.at("question")));
      EXPECT_TRUE(text.ok()) << to_string(text.status());
      if (!text.ok()) continue;
      const Json again = Json::parse(*text);
      for (const char* what : {"verdict", "evidence", "measurements", "method"})
        EXPECT_EQ(to_text(entry.detail.at(what)), to_text(again.at(what))) << name << ": " << what;
      EXPECT_EQ(entry.reason, "analysis " + name + ": " + again.at("verdict").get<std::string>() + ", " +
                                  again.at("reason").get<std::string>());
      verdicts[name].push_back(again.at("verdict"));
    }
    return verdicts;
  }
  RealPlugin sequential;
  int looks = 0;
};

TEST_F(Replay, OfAReleaseThatPassedSaysTheSameToTheBit) {
  const std::string id = run(0.01);
  EXPECT_EQ(world.state_of(id), State::succeeded);
  const auto verdicts = replayed(id);
  EXPECT_EQ(verdicts.at("errors").back(), "pass");
  EXPECT_EQ(verdicts.at("evidence").back(), "pass");
  EXPECT_GT(looks, 4) << "the last verdict rests on more than one window";
}

TEST_F(Replay, OfAReleaseThatFailedSaysTheSameToTheBit) {
  const std::string id = run(0.3);
  EXPECT_EQ(world.state_of(id), State::rolled_back);
  EXPECT_THAT(replayed(id), testing::Contains(testing::Pair(testing::_, testing::Contains("fail"))));
}

TEST_F(Replay, KnowsWhatTheSourceWarnedAbout) {
  world.metrics.warnings = {"requests of next: counters began anew 1 time in this window"};
  const std::string id = run(0.01);
  bool is_told = false;
  for (const auto& entry : world.journal(id)) {
    if (entry.kind == "verdict") is_told = entry.detail.at("warnings") == Json(world.metrics.warnings);
  }
  EXPECT_TRUE(is_told);
}

}  // namespace
}  // namespace slipway::sim
