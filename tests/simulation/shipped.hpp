// A world with the shipped strategies and the shipped analyzer in it, and one application whose release is replaced.
#pragma once

#include <gmock/gmock.h>

#include <functional>

#include "tests/simulation/real_plugin.hpp"
#include "tests/simulation/world.hpp"

namespace slipway::sim {

// Whatever a step of a canary may be, but an analysis behind a weight of its own.
inline Json steps_of_every_kind() {
  return {{{"scale", {{"replicas", 2}}}},
          {{"route", {{"header", "x-beta"}, {"value", "yes"}}}},
          {{"mirror", {{"share", "10%"}, {"max_in_flight", 8}}}},
          {{"gate", "freeze"}},
          {{"approval", {{"message", "Tried it?"}}}},
          {{"weight", "25%"}},
          {{"analysis", "errors"}},
          {{"mirror", {{"share", "0%"}}}},
          {{"scale", {{"match_weight", true}}}},
          {{"pause", {{"duration", "1s"}}}}};
}

class Shipped : public testing::Test {
 protected:
  Shipped()
      : canary(SLIPWAY_CANARY), blue_green(SLIPWAY_BLUE_GREEN), rolling(SLIPWAY_ROLLING), threshold(SLIPWAY_THRESHOLD) {
    use("strategies.canary", canary);
    use("strategies.blue-green", blue_green);
    use("strategies.rolling", rolling);
    use("analyzers.threshold", threshold);
    world.start();
  }
  // 1.0 serves, 1.1 is there.
  void prepare(const std::string& strategy, const Json& settings,
               const std::function<void(rollout::ApplicationSpec&)>& change = {}) {
    auto spec = world.shop();
    spec.strategy = {strategy, json_text(settings)};
    spec.analyses[0].analyzer = "threshold";
    spec.analyses[0].settings = json_text({{"success", "error_ratio <= 5%"}, {"count", 2}, {"min_requests", 10}});
    if (change) change(spec);
    world.make_stable(spec, "1.0");
    (void)world.make_release("shop", "1.1");
  }
  void use(const char* binding, RealPlugin& plugin) {
    world.plugins[binding] = [&plugin](std::string_view interface, std::uint32_t method, const std::string& payload) {
      return plugin.call(interface, method, payload);
    };
  }
  std::string deploy() {
    const auto rollout = world.deploy("shop", "1.1");
    EXPECT_TRUE(rollout.ok()) << to_string(rollout.status());
    return rollout.ok() ? rollout->id : "";
  }
  // Simulated seconds pass until it waits for somebody, or has ended.
  bool until_asked(const std::string& id) {
    for (int second = 0; second < 120 && !rollout::has_ended(world.state_of(id)); ++second) {
      const auto rollout = world.get(id);
      if (rollout.ok() && rollout->why.waits_for.find("approval") != std::string::npos) return true;
      world.run_for(seconds(1));
    }
    return false;
  }
  std::string text_of(const std::string& id) { return encode_text(*world.get(id)); }
  void expect_only(const std::string& release, const std::string& other) {
    world.run_for(seconds(5));
    EXPECT_EQ(world.application("shop")->stable_release, release);
    EXPECT_EQ(world.provider.weight_of("shop", release), kAllTraffic);
    EXPECT_EQ(world.provider.ready_of("shop", release), 4);
    EXPECT_EQ(world.provider.ready_of("shop", other), 0);
    EXPECT_THAT(world.provider.violations(), testing::IsEmpty());
    EXPECT_THAT(world.provider.orders().back().routes, testing::IsEmpty());
    EXPECT_FALSE(world.provider.orders().back().mirror);
  }
  // What the new release got in each order, repeated values once.
  std::vector<std::uint32_t> weights_of(const std::string& release) {
    std::vector<std::uint32_t> weights;
    for (const auto& order : world.provider.orders()) {
      for (const auto& group : order.groups) {
        if (group.release.version != release || (!weights.empty() && weights.back() == group.weight)) continue;
        weights.push_back(group.weight);
      }
    }
    return weights;
  }

  RealPlugin canary;
  RealPlugin blue_green;
  RealPlugin rolling;
  RealPlugin threshold;
  World world;
};

}  // namespace slipway::sim
