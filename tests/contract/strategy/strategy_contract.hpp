// What every strategy must do. A new strategy adds itself to plugins.cpp.
#pragma once

#include <gtest/gtest.h>

#include <ostream>

#include "tests/contract/hosted.hpp"
#include "tests/support/strategy_world.hpp"

namespace slipway::test {

struct StrategyPlugin {
  std::string name;  // the plugin's id without "strategy-"
  std::string settings;
  // The same with an unknown field.
  std::string misspelt;
};
inline void PrintTo(const StrategyPlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<StrategyPlugin> strategy_plugins();

class StrategyContract : public ::testing::TestWithParam<StrategyPlugin> {
 protected:
  FakeHost& host() { return plugin_.host(); }
  template <class Method>
  Result<typename Method::Reply> ask(const typename Method::Request& request) {
    return host().call<strategy::Interface, Method>(request);
  }
  static Json settings() { return Json::parse(GetParam().settings); }

 private:
  Hosted plugin_{"strategy-" + GetParam().name, Json::object()};
};

}  // namespace slipway::test
