// What every source of metrics must do. A new source adds itself to plugins.cpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <slipway/interfaces/metrics.hpp>
#include <vector>

#include "tests/contract/driver.hpp"

namespace slipway::test {

struct MetricsPlugin {
  std::string name;
  std::function<std::unique_ptr<Driver>()> start;
  Json query;        // one that the source understands
  Json wrong_query;  // one that it refuses
};
inline void PrintTo(const MetricsPlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<MetricsPlugin> metrics_plugins();

// A window that ended a second ago.
metrics::QueryRequest question(const Json& query, const std::string& window_id);

class MetricsContract : public testing::TestWithParam<MetricsPlugin> {
 protected:
  Result<metrics::QueryReply> ask(const metrics::QueryRequest& request) {
    return call<metrics::Interface, metrics::Query>(*driver_, request);
  }
  Driver& driver() { return *driver_; }

 private:
  std::unique_ptr<Driver> driver_ = GetParam().start();
};

}  // namespace slipway::test
