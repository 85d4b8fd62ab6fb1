// What every gate must do. A new one adds itself to plugins.cpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <slipway/interfaces/gate.hpp>
#include <vector>

#include "tests/contract/driver.hpp"

namespace slipway::test {

struct GatePlugin {
  std::string name;
  // Starts an instance that answers with this state at the moment kAsked, for any rollout.
  std::function<std::unique_ptr<Driver>(strategy::GateState)> start;
};
inline constexpr Instant kAsked{seconds(1'800'000'000).ns};

inline void PrintTo(const GatePlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<GatePlugin> gate_plugins();

class GateContract : public testing::TestWithParam<GatePlugin> {
 protected:
  static gate::CheckRequest request(gate::Action action = gate::Action::advance) {
    gate::CheckRequest asked;
    asked.tenant = "acme";
    asked.application = "shop";
    asked.rollout = "ro-1";
    asked.to_release = "1.2";
    asked.action = action;
    asked.now = kAsked;
    return asked;
  }
  static Result<gate::CheckReply> check(Driver& driver, const gate::CheckRequest& asked) {
    return call<gate::Interface, gate::Check>(driver, asked);
  }
};

}  // namespace slipway::test
