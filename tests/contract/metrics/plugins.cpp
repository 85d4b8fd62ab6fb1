#include <chrono>

#include "tests/contract/in_process.hpp"
#include "tests/contract/metrics/metrics_contract.hpp"

namespace slipway::test {

metrics::QueryRequest question(const Json& query, const std::string& window_id) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Instant to = Instant{std::chrono::nanoseconds(now).count()} - seconds(1);
  return {.tenant = "acme",
          .application = "shop",
          .query = query,
          .groups = {{"next", "2.0", {}}, {"stable", "1.0", {}}},
          .window = {window_id, to - seconds(1), to}};
}

std::vector<MetricsPlugin> metrics_plugins() {
  return {{"probe", [] { return std::make_unique<InProcess>("metrics-probe", Json::object()); },
           Json::parse(R"({"checks": [{"name": "alive"}]})"), Json::parse(R"({"checks": [{"kind": "udp"}]})")}};
}

INSTANTIATE_TEST_SUITE_P(Plugins, MetricsContract, testing::ValuesIn(metrics_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
