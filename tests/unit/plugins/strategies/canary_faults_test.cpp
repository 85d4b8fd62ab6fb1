#include <gmock/gmock.h>

#include <slipway/interfaces/strategy.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace slipway::canary {
namespace {

class CanaryFaults : public ::testing::Test {
 protected:
  CanaryFaults() { EXPECT_TRUE(host.run().ok()); }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
};

std::vector<std::string> lines(const Result<strategy::ValidateReply>& reply) {
  if (!reply.ok()) return {to_string(reply.status())};
  std::vector<std::string> list;
  for (const auto& p : reply->problems)
    list.push_back(p.path + ": " + p.message + (p.value.empty() ? "" : " (was " + p.value + ")"));
  return list;
}

TEST_F(CanaryFaults, WhatTheProviderCantDoIsRefusedByNameAndPath) {
  strategy::ValidateRequest request{.settings = {R"({"steps": [
      {"weight": "12.5%"}, {"route": {"header": "a", "value": "b"}}, {"mirror": {"share": "10%"}}, {"gate": "moon"}, {"analysis": "errors"}]})"}};
  request.capabilities = {.weight_granularity = 10'000, .header_routes = false, .mirroring = false, .max_groups = 1};
  request.gates = {"freeze"};
  EXPECT_EQ(
      lines(host.call<strategy::Interface, strategy::Validate>(request)),
      (std::vector<std::string>{"/steps/0/weight: the provider's weights are multiples of 1% (was \"12.5%\")",
                                "/steps/1/route: the provider can't route requests by header",
                                "/steps/2/mirror: the provider can't mirror requests",
                                "/steps/3/gate: is no gate here; there are freeze (was \"moon\")",
                                "/steps/4/analysis: is no analysis here; there are none (was \"errors\")",
                                "/: the provider runs only 1 group of an application at once, a canary needs 2"}));
}

TEST_F(CanaryFaults, ContradictionsAreRefusedAllAtOnce) {
  strategy::ValidateRequest request{
      .settings = {R"({"steps": [{"weight": "5%", "pause": {}}, {}, {"scale": {"replicas": 1, "percent": 5}}],
      "linear": {"step": 0}, "progress_deadline": "0"})"}};
  EXPECT_EQ(
      lines(host.call<strategy::Interface, strategy::Validate>(request)),
      (std::vector<std::string>{
          "/steps: want one of steps, linear, exponential and automatic, 2 are given; null takes away a default",
          "/steps/0: want exactly one of weight, pause, analysis, scale, route, mirror, approval and gate, 2 are given",
          "/steps/1: want exactly one of weight, pause, analysis, scale, route, mirror, approval and gate, 0 are given",
          "/steps/2/scale: want exactly one of replicas, percent and match_weight, 2 are given",
          "/linear/step: want a percentage above 0 (was \"0%\")",
          "/progress_deadline: want more than min_ready, which is 0s (was \"0s\")"}));
}

TEST_F(CanaryFaults, WhatComparesIsRefusedWhereOnlyOneReleaseHasTraffic) {
  const auto faults = [&](const std::string& settings) {
    strategy::ValidateRequest request{.settings = {settings}};
    request.analyses = {"compare", "probe"};
    request.comparing = {"compare"};
    request.capabilities = {.header_routes = true, .mirroring = true};
    return lines(host.call<strategy::Interface, strategy::Validate>(request));
  };
  const std::string rest =
      " only one of them has traffic; want an analysis that judges one alone (sequential with \"kind: absolute\", or "
      "threshold) (was \"compare\")";
  const std::vector<std::string> at_once{"/analyses: compares the two releases, and without a weight below 100%" +
                                         rest};
  EXPECT_EQ(faults(R"({"steps": [{"weight": "100%"}], "analyses": ["compare", "probe"]})"), at_once);
  EXPECT_EQ(faults(R"({"steps": [{"weight": 0}, {"pause": {}}], "analyses": "compare"})"), at_once);
  EXPECT_EQ(faults(R"({"linear": {"step": "100%"}, "analyses": "compare"})"), at_once);
  for (const char* part :
       {R"({"weight": "1%"})", R"({"route": {"header": "a", "value": "b"}})", R"({"mirror": {"share": "1%"}})"}) {
    SCOPED_TRACE(part);
    EXPECT_THAT(faults(R"({"analyses": "compare", "steps": [)" + std::string(part) + "]}"), testing::IsEmpty());
    EXPECT_THAT(faults(R"({"steps": [)" + std::string(part) + R"(, {"analysis": "compare"}]})"), testing::IsEmpty());
  }
  EXPECT_EQ(
      faults(
          R"({"steps": [{"analysis": "compare"}, {"weight": "50%"}, {"weight": "100%"}, {"analysis": ["probe", "compare"]}]})"),
      (std::vector<std::string>{"/steps/0/analysis: compares the two releases, and before a weight above 0%" + rest,
                                "/steps/3/analysis: compares the two releases, and at 100%" + rest}));
}

TEST_F(CanaryFaults, TypingErrorsAreRefusedWithWhatIsAllowed) {
  strategy::ValidateRequest request{.settings = {R"({"steps": [{"wait": "5%"}, {"weight": "105%"}]})"}};
  EXPECT_EQ(lines(host.call<strategy::Interface, strategy::Validate>(request)),
            (std::vector<std::string>{"/steps/0/wait: is no field here; there are weight, pause, analysis, scale, "
                                      "route, mirror, approval, gate (was \"5%\")",
                                      "/steps/1/weight: want a percentage from 0 to 100 with at most four decimals, "
                                      "like \"12.5%\" (was \"105%\")"}));
}

TEST_F(CanaryFaults, AnExplosionOfStepsIsRefused) {
  strategy::ValidateRequest request{.settings = {R"({"linear": {"step": "0.0001%"}})"}};
  EXPECT_EQ(lines(host.call<strategy::Interface, strategy::Validate>(request)),
            (std::vector<std::string>{"/linear: comes to more than 200 weights; take larger increments"}));
}

}  // namespace
}  // namespace slipway::canary
