#include <gtest/gtest.h>
#include <slipway/abi/plugin.h>

extern "C" uint64_t slipway_test_sizes(uint32_t which);

TEST(Abi, has_the_same_layout_in_c_and_in_cpp) {
  EXPECT_EQ(slipway_test_sizes(0), sizeof(slipway_span));
  EXPECT_EQ(slipway_test_sizes(1), sizeof(slipway_blob));
  EXPECT_EQ(slipway_test_sizes(2), sizeof(slipway_call));
  EXPECT_EQ(slipway_test_sizes(3), sizeof(slipway_host));
  EXPECT_EQ(slipway_test_sizes(4), sizeof(slipway_plugin));
}

TEST(Abi, keeps_the_offsets_that_version_1_0_was_released_with) {
  EXPECT_EQ(offsetof(slipway_call, id), 16U);
  EXPECT_EQ(offsetof(slipway_call, budget_ns), 24U);
  EXPECT_EQ(offsetof(slipway_call, payload), 32U);
  EXPECT_EQ(offsetof(slipway_call, roles), 96U);
  EXPECT_EQ(sizeof(slipway_call), 112U);
  EXPECT_EQ(offsetof(slipway_host, complete), 16U);
  EXPECT_EQ(offsetof(slipway_host, metric), 56U);
  EXPECT_EQ(sizeof(slipway_host), 64U);
  EXPECT_EQ(offsetof(slipway_plugin, create), 32U);
  EXPECT_EQ(offsetof(slipway_plugin, destroy), 88U);
  EXPECT_EQ(sizeof(slipway_plugin), 96U);
}
