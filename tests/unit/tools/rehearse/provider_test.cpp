#include "tools/rehearse/provider.hpp"

#include <gtest/gtest.h>

namespace slipway::simulate {
namespace {

class SimulatedProvider : public testing::Test {
 protected:
  void order(std::int64_t generation, std::vector<provider::DesiredGroup> groups) {
    provider.apply({.tenant = "t", .application = "shop", .generation = generation, .groups = std::move(groups)});
  }
  static provider::DesiredGroup group(const std::string& release, std::int32_t replicas, std::uint32_t weight) {
    return {.role = release == "1.0" ? "stable" : "next",
            .release = {.version = release},
            .replicas = replicas,
            .weight = weight};
  }
  provider::ObservedGroup seen(const std::string& release) {
    for (const auto& one : provider.observe({"t", "shop"}).groups) {
      if (one.release == release) return one;
    }
    return {};
  }
  void pass(Duration span) {
    bool over = false;
    time.after(span, [&] { over = true; });
    while (!over) (void)time.turn();
  }
  VirtualTime time{Instant{}};
  int told = 0;
  Provider provider{time, seconds(5), [this] { ++told; }};
};

TEST_F(SimulatedProvider, HasReplicasReadyAfterTheirStart) {
  order(1, {group("1.0", 2, kAllTraffic)});
  EXPECT_EQ(seen("1.0").running, 2);
  EXPECT_EQ(seen("1.0").ready, 0);
  pass(seconds(5));
  EXPECT_EQ(seen("1.0").ready, 2);
  EXPECT_EQ(seen("1.0").ready_since.at(1), Instant{} + seconds(5));
  EXPECT_TRUE(provider.observe({"t", "shop"}).converged);
  EXPECT_GE(told, 2) << "of the order, and of the replicas";
}

TEST_F(SimulatedProvider, KeepsReplicasThatRunAndLetsOthersGo) {
  order(1, {group("1.0", 2, kAllTraffic)});
  pass(seconds(5));
  order(2, {group("1.0", 3, 500'000), group("1.1", 1, 500'000)});
  EXPECT_EQ(seen("1.0").ready, 2);
  EXPECT_EQ(seen("1.0").replicas, 3);
  order(3, {group("1.1", 1, kAllTraffic)});
  EXPECT_EQ(seen("1.0").release, "");
}

TEST_F(SimulatedProvider, RefusesAnOlderOrder) {
  order(2, {group("1.0", 1, kAllTraffic)});
  EXPECT_THROW(order(1, {}), Error);
  EXPECT_NO_THROW(order(2, {group("1.0", 1, kAllTraffic)}));
}

TEST_F(SimulatedProvider, HoldsReplicasBackUntilAMoment) {
  order(1, {group("1.0", 1, kAllTraffic)});
  pass(seconds(5));
  provider.hold_back("1.0", Instant{} + seconds(60));
  EXPECT_EQ(seen("1.0").ready, 0);
  EXPECT_EQ(seen("1.0").problem, "its replicas are held back");
  order(2, {group("1.0", 2, kAllTraffic)});
  pass(seconds(54));
  EXPECT_EQ(seen("1.0").ready, 0);
  pass(seconds(1));
  EXPECT_EQ(seen("1.0").ready, 2);
  EXPECT_EQ(seen("1.0").problem, "");
}

TEST_F(SimulatedProvider, RemembersWhichWeightsWereInEffectSinceWhen) {
  order(1, {group("1.0", 1, kAllTraffic)});
  pass(seconds(10));
  order(2, {group("1.0", 1, 900'000), group("1.1", 1, 100'000)});
  ASSERT_EQ(provider.weights().size(), 2U);
  EXPECT_EQ(provider.weights()[1].since, Instant{} + seconds(10));
  EXPECT_EQ(provider.weights()[1].of.at("1.1"), 100'000U);
}

}  // namespace
}  // namespace slipway::simulate
