#include "host/rollout/asked.hpp"

#include <gtest/gtest.h>

namespace slipway::rollout {
namespace {

std::string question(const JsonText& settings, std::size_t replicas) {
  strategy::StepRequest request{.settings = settings, .state = R"({"version":1})", .now = {}};
  provider::ObservedGroup group{.role = "next", .release = "1.1"};
  group.ready_since.resize(replicas);
  request.observation.groups.push_back(group);
  return encode_text(request);
}

// The settings go back to where they were.
std::string whole(const JsonText& detail, const JsonText& settings) {
  Json request = tree_of(detail).at("question");
  request["settings"] = tree_of(settings);
  return encode_text(*decode<strategy::StepRequest>(request, "question"));
}

TEST(Asked, IsKeptButForTheSettings) {
  for (const JsonText& settings : {JsonText(), JsonText("{}"), JsonText(R"({"steps":[{"weight":"5%"}]})")}) {
    const std::string asked = question(settings, 3);
    const JsonText detail = detail_of({"1.2.3", asked}, settings);
    EXPECT_EQ(tree_of(detail).at("strategy"), "1.2.3");
    EXPECT_EQ(detail.text.find("steps"), std::string::npos);
    EXPECT_EQ(whole(detail, settings), asked);
  }
}

TEST(Asked, OfAVersionWithAnyNameIsADocument) {
  EXPECT_EQ(tree_of(detail_of({"1.0.0-\"x\"\\", question("{}", 0)}, "{}")).at("strategy"), "1.0.0-\"x\"\\");
}

TEST(Asked, AboutThousandsOfReplicasIsToldByItsSize) {
  const JsonText settings("{}");
  const Json kept = tree_of(detail_of({"1.2.3", question(settings, 1'000)}, settings));
  EXPECT_TRUE(kept.contains("question"));
  const std::string large = question(settings, 10'000);
  const JsonText detail = detail_of({"1.2.3", large}, settings);
  EXPECT_FALSE(tree_of(detail).contains("question"));
  EXPECT_GT(tree_of(detail).at("question_bytes"), kLongestQuestionKept);
  EXPECT_LT(detail.text.size(), 100u);
}

}  // namespace
}  // namespace slipway::rollout
