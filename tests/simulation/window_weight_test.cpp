// What an analyzer is told of the judged group's share of the traffic.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

class WindowWeight : public Shipped {
 protected:
  // Runs a canary of two weights, and keeps what its analyzer was told.
  void run(provider::Sticky sticky) {
    const Json analysis = {{"analysis", "errors"}};
    prepare("canary", {{"steps", {{{"weight", "25%"}}, analysis, {{"weight", "50%"}}, analysis}}},
            [&](auto& spec) { spec.sticky = sticky; });
    world.plugins["analyzers.threshold"] = [this](std::string_view, std::uint32_t method, const std::string& payload) {
      if (method != analyzer::Interface::index_of<analyzer::Judge>())
        return Result<std::string>(encode_text(analyzer::ValidateReply{}));
      const auto asked = value_or_throw(decode_text<analyzer::JudgeRequest>(payload, "the request"));
      told.push_back(asked.weight);
      const bool enough = told.size() % 4 == 0;
      return Result<std::string>(encode_text(analyzer::JudgeReply{
          .state = {"1"}, .verdict = enough ? analyzer::Verdict::pass : analyzer::Verdict::proceed, .reason = "seen"}));
    };
    const std::string id = deploy();
    ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  }
  std::vector<std::optional<std::uint32_t>> told;
};

TEST_F(WindowWeight, IsToldOfAWindowBeforeWhichItHeldForOne) {
  run(provider::Sticky::none);
  ASSERT_EQ(told.size(), 8U);
  EXPECT_EQ(told[0], std::nullopt);
  EXPECT_EQ(told[2], 250'000U);
  EXPECT_EQ(told[3], 250'000U);
  EXPECT_EQ(told[4], std::nullopt);
  EXPECT_EQ(told[6], 500'000U);
  EXPECT_EQ(told[7], 500'000U);
}

TEST_F(WindowWeight, IsNotToldWhenUsersKeepTheirGroup) {
  run(provider::Sticky::user);
  for (const auto& weight : told) EXPECT_EQ(weight, std::nullopt);
}

}  // namespace
}  // namespace slipway::sim
