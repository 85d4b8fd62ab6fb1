#include "tools/rehearse/virtual_time.hpp"

#include <gtest/gtest.h>

#include "tools/rehearse/faults.hpp"

namespace slipway::simulate {
namespace {

TEST(VirtualTime, GoesToTheNextMomentForWhichSomebodyWaits) {
  VirtualTime time(Instant{} + seconds(100));
  std::vector<std::string> rung;
  time.after(seconds(3), [&] { rung.emplace_back("third"); });
  const auto kept = time.at(seconds(1).ns, [&] { rung.emplace_back("first"); });
  auto dropped = time.at(seconds(2).ns, [&] { rung.emplace_back("dropped"); });
  dropped.reset();
  EXPECT_TRUE(time.turn());
  EXPECT_EQ(time.now(), Instant{} + seconds(101));
  EXPECT_TRUE(time.turn());
  EXPECT_EQ(time.now(), Instant{} + seconds(103));
  EXPECT_FALSE(time.turn()) << "nobody waits";
  EXPECT_EQ(rung, (std::vector<std::string>{"first", "third"}));
}

TEST(VirtualTime, DoesNotGoBackForAMomentThatHasPassed) {
  VirtualTime time(Instant{});
  time.after(seconds(5), [] {});
  (void)time.turn();
  const auto late = time.at(seconds(1).ns, [] {});
  EXPECT_TRUE(time.turn());
  EXPECT_EQ(time.now(), Instant{} + seconds(5));
}

TEST(Fault, HasAThingAMomentAndATime) {
  const auto fault = parse_fault("metrics.haproxy@10m/5m");
  ASSERT_TRUE(fault.ok());
  EXPECT_EQ(fault->what, "metrics.haproxy");
  EXPECT_EQ(fault->after, seconds(600));
  EXPECT_EQ(fault->lasting, seconds(300));
  for (const char* text : {"", "host", "@1m/1m", "host@1m", "host/1m"}) {
    EXPECT_EQ(parse_fault(text).status().message,
              std::string("--fault ") + text +
                  ": want WHAT@DURATION/DURATION, as metrics.haproxy@10m/5m, replicas@0s/2m, host@5m/30s");
  }
  EXPECT_FALSE(parse_fault("host@soon/1m").ok());
}

}  // namespace
}  // namespace slipway::simulate
