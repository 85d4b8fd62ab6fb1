#include "host/manifest/kinds.hpp"

#include <gtest/gtest.h>

namespace slipway::manifest {
namespace {

TEST(Kinds, ANameOfABindingAsksForTheInterfaceOfItsKind) {
  EXPECT_EQ(kind_of("provider")->interface, "slipway.provider/1");
  EXPECT_EQ(kind_of("strategies.blue-green")->interface, "slipway.strategy/1");
  EXPECT_EQ(kind_of("metrics.haproxy")->interface, "slipway.metrics/1");
}

TEST(Kinds, AMalformedNameHasNoKindAndTheNearestOneIsFound) {
  for (const auto* name :
       {"", "strategy.canary", "strategies.", "strategies.Canary", "strategies.a.b", "strategies.a b", ".x"}) {
    EXPECT_EQ(kind_of(name), nullptr) << name;
  }
  EXPECT_EQ(nearest_binding("strategy.canary"), "strategies.canary");
  EXPECT_EQ(nearest_binding("gatse.freeze"), "gates.freeze");
  EXPECT_EQ(nearest_binding("providers"), "provider");
  EXPECT_EQ(nearest_binding("zzzzzzzz"), "");
  EXPECT_EQ(nearest_binding("gatse.Freeze"), "");
}

TEST(Kinds, NamesAreLowerCaseWithDashesInside) {
  EXPECT_TRUE(is_name("a"));
  EXPECT_TRUE(is_name("blue-green-2"));
  EXPECT_TRUE(is_name(std::string(63, 'a')));
  for (const auto& name : {std::string(""), std::string("-a"), std::string("A"), std::string("a_b"), std::string("a.b"),
                           std::string(64, 'a')}) {
    EXPECT_FALSE(is_name(name)) << name;
  }
}

}  // namespace
}  // namespace slipway::manifest
