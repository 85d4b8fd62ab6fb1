// The chance of a false alarm over all analyses of a rollout.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

class AlphaOfARollout : public Shipped {
 protected:
  AlphaOfARollout() : sequential(SLIPWAY_SEQUENTIAL) {
    world.plugins["analyzers.sequential"] = [this](std::string_view interface, std::uint32_t method,
                                                   const std::string& payload) {
      const bool asked = interface == analyzer::kId && method == analyzer::Interface::index_of<analyzer::Judge>();
      if (asked) note(decode_text<analyzer::JudgeRequest>(payload, "a question"));
      return sequential.call(interface, method, payload);
    };
    world.metrics.counts_failures = true;
    world.metrics.error_ratio = {{"1.0", 0.01}, {"1.1", 0.01}};
  }
  // A run is told by its windows' names and its begin.
  void note(const Result<analyzer::JudgeRequest>& question) {
    ASSERT_TRUE(question.ok());
    const std::string& window = question->window.id;
    const std::string run = window.substr(0, window.rfind('/')) + " " + std::to_string(question->started.ns);
    const auto [known, is_new] = shares.emplace(run, question->alpha_share);
    EXPECT_EQ(known->second, question->alpha_share) << run << " had another share before";
  }
  [[nodiscard]] double spent() const {
    double sum = 0;
    for (const auto& [run, share] : shares) sum += share;
    return sum;
  }
  static void analyse(rollout::ApplicationSpec& spec, const Json& settings) {
    rollout::AnalysisSpec errors{.name = "errors", .metrics = "sim", .settings = json_text(settings)};
    errors.interval = seconds(1);
    spec.analyses = {errors, errors};
    spec.analyses[1].name = "others";
    spec.verification.period = seconds(5);
  }
  // One that a watch may have too.
  static Json quick() { return {{"kind", "absolute"}, {"min_duration", "2s"}, {"absolute_floor", 0.04}}; }

  RealPlugin sequential;
  std::map<std::string, double> shares;
};

TEST_F(AlphaOfARollout, IsDealtOutToStepsBackgroundAndWatch) {
  prepare("canary",
          {{"steps", {{{"weight", "25%"}}, {{"analysis", "errors"}}, {{"weight", "50%"}}, {{"analysis", "errors"}}}},
           {"analyses", "others"}},
          [](auto& spec) { analyse(spec, quick()); });
  shares.clear();
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  // Two steps, the background, and two in the watch.
  EXPECT_EQ(shares.size(), 5U);
  for (const auto& [run, share] : shares) EXPECT_DOUBLE_EQ(share, 0.9 / 5) << run;
  bool is_told = false;
  for (const auto& entry : world.journal(id)) {
    if (entry.kind == "verdict") is_told = tree_of(entry.detail).at("question").at("alpha_share") == Json(0.9 / 5);
  }
  EXPECT_TRUE(is_told);
}

TEST_F(AlphaOfARollout, IsKeptWhenChecksFailAndBeginAgain) {
  world.metrics.error_ratio["1.1"] = 0.5;
  prepare(
      "canary",
      {{"automatic", {{"step", "20%"}, {"max", "40%"}, {"interval", "5s"}, {"threshold", 12}, {"analyses", "errors"}}}},
      [](auto& spec) { analyse(spec, quick()); });
  shares.clear();
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  EXPECT_EQ(shares.size(), 12U) << "the check of the first weight failed twelve times";
  EXPECT_LE(spent(), 1);
}

TEST_F(AlphaOfARollout, IsTherePerAttempt) {
  world.metrics.error_ratio["1.1"] = 0.5;
  prepare("canary", {{"steps", {{{"weight", "25%"}}, {{"analysis", "errors"}}}}},
          [](auto& spec) { analyse(spec, quick()); });
  shares.clear();
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  const double first = spent();
  ASSERT_TRUE(world.act(id, rollout::Action::retry).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  EXPECT_DOUBLE_EQ(first, 0.9 / 3);
  EXPECT_DOUBLE_EQ(spent(), 2 * first);
}

}  // namespace
}  // namespace slipway::sim
