#include "host/isolation/restart_policy.hpp"

#include <gtest/gtest.h>

namespace slipway::isolation {
namespace {

constexpr RestartSettings kSettings{.first = milliseconds(10),
                                    .longest = milliseconds(100),
                                    .stable = seconds(60),
                                    .crashes = 6,
                                    .circuit = seconds(300)};

void expect_about(Duration wait, Duration planned) {
  EXPECT_GE(wait, planned);
  EXPECT_LE(wait.ns, planned.ns + planned.ns / 4);
}

TEST(RestartPolicy, EachStartWaitsTwiceAsLongUpToTheLongestAndThenTheCircuitOpens) {
  base::SeededRandom random(1);
  RestartPolicy policy(kSettings, random);
  for (const std::int64_t ms : {10, 20, 40, 80, 100}) {
    expect_about(policy.ended({}), milliseconds(ms));
    EXPECT_FALSE(policy.open());
  }
  expect_about(policy.ended({}), seconds(300));
  EXPECT_TRUE(policy.open());
  EXPECT_EQ(policy.crashes(), 6U);
}

TEST(RestartPolicy, AWorkerThatWasStableBeginsAnew) {
  base::SeededRandom random(1);
  RestartPolicy policy(kSettings, random);
  for (int i = 0; i < 6; ++i) policy.ended({});
  expect_about(policy.ended(seconds(60)), milliseconds(10));
  EXPECT_FALSE(policy.open());
}

TEST(RestartPolicy, AfterTheCircuitOneMoreCrashOpensItAgain) {
  base::SeededRandom random(1);
  RestartPolicy policy(kSettings, random);
  for (int i = 0; i < 6; ++i) policy.ended({});
  expect_about(policy.ended(seconds(59)), seconds(300));
}

}  // namespace
}  // namespace slipway::isolation
