#include <chrono>

#include "tests/contract/hosted.hpp"
#include "tests/contract/metrics/metrics_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {

metrics::QueryRequest question(const Json& query, const std::string& window_id) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Instant to = Instant{std::chrono::nanoseconds(now).count()} - seconds(1);
  return {.tenant = "acme",
          .application = "shop",
          .query = query,
          .groups = {{"next", "2.0", {}}, {"stable", "1.0", {}}},
          .window = {window_id, to - seconds(2), to}};
}

namespace {

// The plugin with a directory of its own, to which no HAProxy connects.
class LonelyHaproxy final : public Driver {
 public:
  Result<std::string> call(std::string_view interface, std::uint32_t method, std::string payload,
                           const CallOptions& options) override {
    return plugin_.call(interface, method, std::move(payload), options);
  }

 private:
  TemporaryDirectory directory_;
  Hosted plugin_{"metrics-haproxy", Json{{"records_socket", (directory_.path() / "records.sock").string()},
                                         {"stats_socket", (directory_.path() / "haproxy.sock").string()}}};
};

// A Prometheus that knows no series.
void nothing_scraped(FakeHost& host) {
  host.on_http([](const services::HttpRequest&) {
    return services::HttpReply{.status = 200,
                               .body = R"({"status":"success","data":{"resultType":"vector","result":[]}})"};
  });
}

}  // namespace

std::vector<MetricsPlugin> metrics_plugins() {
  return {{"probe", [] { return std::make_unique<Hosted>("metrics-probe", Json::object()); },
           Json::parse(R"({"checks": [{"name": "alive"}]})"), Json::parse(R"({"checks": [{"kind": "udp"}]})")},
          {"haproxy", [] { return std::make_unique<LonelyHaproxy>(); }, Json::object(), Json{{"kind", "http"}}},
          {"prometheus", [] { return std::make_unique<Hosted>("metrics-prometheus", Json::object(), nothing_scraped); },
           Json::parse(R"({"queries": {"up": "up{release=\"${release}\"}"}})"),
           Json::parse(R"({"queries": {"up": "${nobody}"}})")}};
}

INSTANTIATE_TEST_SUITE_P(Plugins, MetricsContract, testing::ValuesIn(metrics_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
