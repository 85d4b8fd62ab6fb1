// The check of the routing as it is shipped: how often it cries wolf while the weights are followed.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "plugins/analyzers/sequential/routing.hpp"
#include "tests/simulation/calibration.hpp"

namespace slipway::sequential {
namespace {

using calibration::note;
using calibration::number;
using calibration::percent;

// Requests at three weights one after the other, at an alpha of its own.
bool raises_routing_alarm(int run, std::int64_t requests, double stray) {
  constexpr std::array<std::uint32_t, 3> kWeights{50'000, 200'000, 500'000};
  constexpr std::int64_t kLooks = 40;
  std::mt19937_64 random(static_cast<std::uint64_t>(run) * 7'919 + 17);
  Routing routing;
  for (const std::uint32_t weight : kWeights) {
    const double share = stray + static_cast<double>(weight) / kAllTraffic;
    for (std::int64_t look = 0; look < kLooks; ++look) {
      const std::int64_t next = std::binomial_distribution<std::int64_t>(requests, share)(random);
      add(routing, {next, requests - next, weight, true});
      if (log_evidence(routing) >= -std::log(kRoutingAlpha)) return true;
    }
  }
  return false;
}

double part_with_routing_alarm(std::int64_t requests, double stray) {
  int alarms = 0;
  for (int run = 0; run < calibration::runs(); ++run) alarms += raises_routing_alarm(run, requests, stray) ? 1 : 0;
  return static_cast<double>(alarms) / calibration::runs();
}

TEST(ShippedRouting, RaisesNoMoreAlarmsThanItsAlphaWhileTheWeightsChange) {
  const double error = std::sqrt(kRoutingAlpha * (1 - kRoutingAlpha) / calibration::runs());
  for (const std::int64_t requests : {100, 6'000}) {
    const double alarms = part_with_routing_alarm(requests, 0);
    EXPECT_LE(alarms, kRoutingAlpha + 3 * error) << requests;
    note("False alarms over two equal releases",
         "routing, as shipped: " + number(static_cast<double>(requests)) + " requests a look, three weights",
         "at most " + percent(kRoutingAlpha), percent(alarms));
  }
  EXPECT_EQ(part_with_routing_alarm(6'000, 0.02), 1) << "two hundredths of the traffic go where they should not";
}

}  // namespace
}  // namespace slipway::sequential
