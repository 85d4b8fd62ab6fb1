// metrics-prometheus as a whole, against a Prometheus that a fake host plays.
#include "tests/contract/hosted.hpp"
#include "tests/contract/metrics/metrics_contract.hpp"

namespace slipway::test {
namespace {

const Json kUp = Json::parse(R"({"queries": {"up": "up"}})");
constexpr char kOne[] =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}})";

void resolve_secrets(FakeHost& host) {
  host.on("secrets", "resolve", [](const Json&) -> Result<Json> {
    return Json{{"values", {{"env:TOKEN", "s3cret"}, {"file:ca", "CA"}, {"file:pem", "PEM"}, {"file:key", "KEY"}}}};
  });
}

services::HttpRequest request_with(const Json& settings) {
  services::HttpRequest seen;
  Hosted plugin("metrics-prometheus", settings, resolve_secrets);
  plugin.host().on_http([&](const services::HttpRequest& request) {
    seen = request;
    return services::HttpReply{.status = 200, .body = kOne};
  });
  const auto reply = call<metrics::Interface, metrics::Query>(plugin, question(kUp, "w"));
  EXPECT_TRUE(reply.ok()) << to_string(reply.status());
  return seen;
}

std::string authorization_with(const Json& settings) { return request_with(settings).headers["authorization"]; }

TEST(MetricsPrometheus, LogsInWithSecretsAndOnlyWhenTold) {
  EXPECT_EQ(authorization_with(Json::object()), "");
  EXPECT_EQ(authorization_with({{"bearer", "env:TOKEN"}}), "Bearer s3cret");
  EXPECT_EQ(authorization_with({{"username", "ann"}, {"password", "env:TOKEN"}}), "Basic YW5uOnMzY3JldA==");
}

TEST(MetricsPrometheus, ShowsTheCertificateAndTrustsTheAuthoritiesThatItsSecretsAre) {
  EXPECT_FALSE(request_with(Json::object()).tls);
  const auto request = request_with({{"url", "https://localhost"},
                                     {"bearer", "env:TOKEN"},
                                     {"authorities", "file:ca"},
                                     {"certificate", "file:pem"},
                                     {"key", "file:key"}});
  EXPECT_EQ(request.headers.at("authorization"), "Bearer s3cret");
  ASSERT_TRUE(request.tls);
  EXPECT_EQ(encode_text(*request.tls), encode_text(services::HttpTls{"CA", "PEM", "KEY"}));
}

TEST(MetricsPrometheus, SettingsThatContradictAreRefused) {
  for (const char* settings :
       {R"({"url": "ftp://localhost"})", R"({"bearer": "env:A", "username": "ann", "password": "env:B"})",
        R"({"username": "ann"})", R"({"url": "https://localhost", "certificate": "file:pem"})",
        R"({"authorities": "file:ca"})", R"({"delay": "2m"})"})
    EXPECT_THROW(Hosted("metrics-prometheus", Json::parse(settings)), Error) << settings;
}

TEST(MetricsPrometheus, AQueryThatTakesTooLongIsGivenUpAfterItsOwnTime) {
  Hosted plugin("metrics-prometheus", {{"timeout", "2s"}});
  plugin.host().hold("http", "send");
  auto pending = plugin.host().begin<metrics::Interface, metrics::Query>(question(kUp, "w"));
  plugin.host().advance(seconds(2));
  ASSERT_TRUE(pending.done());
  EXPECT_EQ(pending.get().status().code, Code::deadline_exceeded);
}

TEST(MetricsPrometheus, WarningsAreToldOnce) {
  Hosted plugin("metrics-prometheus", Json::object());
  plugin.host().on_http([](const services::HttpRequest&) {
    return services::HttpReply{
        .status = 200,
        .body = R"({"status":"success","warnings":["partial"],"data":{"resultType":"vector","result":[]}})"};
  });
  const auto reply = call<metrics::Interface, metrics::Query>(plugin, question(kUp, "w"));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->warnings, std::vector<std::string>{"partial"});
}

}  // namespace
}  // namespace slipway::test
