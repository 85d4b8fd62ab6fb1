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
  ASSERT_TRUE(plugin.host().wait_until([&] { return plugin.host().held() == 1; }));
  plugin.host().advance(seconds(2));
  ASSERT_TRUE(plugin.host().wait_until([&] { return pending.done(); }));
  EXPECT_EQ(pending.get().status().code, Code::deadline_exceeded);
}

TEST(MetricsPrometheus, AWindowThatIsShorterThanTheDelayIsRefusedWithTheWayOut) {
  const auto status_with = [](const std::string& delay) {
    Hosted plugin("metrics-prometheus", {{"delay", delay}});
    plugin.host().on_http(
        [](const services::HttpRequest&) { return services::HttpReply{.status = 200, .body = kOne}; });
    return call<metrics::Interface, metrics::Query>(plugin, question(kUp, "w")).status();
  };
  EXPECT_EQ(status_with("2s"), Status());
  EXPECT_EQ(status_with("2001ms"),
            Status(Code::invalid_argument,
                   "the window of 2s is shorter than the plugin's delay of 2s1ms; want an analysis with an interval of "
                   "at least 2s1ms, or a shorter delay in the plugin's config"));
}

// Two replicas, of which one told nothing in the window; `up` is answered with this.
Result<metrics::QueryReply> with_one_silent(const services::HttpReply& up) {
  Hosted plugin("metrics-prometheus", {{"delay", "0s"}});
  const metrics::QueryRequest request = question(Json::parse(R"({"counters": {"requests": "served"}})"), "w");
  const std::int64_t end = request.window.to.ns / 1'000'000'000;
  const auto series = [&](const std::string& instance, std::int64_t first, std::int64_t last) {
    Json points = Json::array();
    for (std::int64_t second = first; second <= last; ++second) points.push_back({end + second, "5"});
    return Json{{"metric", {{"instance", instance}, {"job", "shop"}}}, {"values", points}};
  };
  const Json result{series("a", -9, 0), series("b", -9, -4)};
  const Json served{{"status", "success"}, {"data", {{"resultType", "matrix"}, {"result", result}}}};
  plugin.host().on_http([&](const services::HttpRequest& asked) {
    return asked.body.starts_with("query=up%7B") ? up : services::HttpReply{.status = 200, .body = served.dump()};
  });
  return call<metrics::Interface, metrics::Query>(plugin, request);
}

TEST(MetricsPrometheus, WhenTheQueryOfUpIsRefusedNothingIsKnownToBeMissingAndThatIsTold) {
  const Json there = Json::parse(
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"b","job":"shop"},"values":[[1,"0"]]}]}})");
  const auto known = with_one_silent({.status = 200, .body = there.dump()});
  ASSERT_TRUE(known.ok()) << to_string(known.status());
  EXPECT_EQ(known->groups.at(0).completeness, 0.5);
  EXPECT_TRUE(known->warnings.empty());

  for (const int refused : {400, 401, 403, 422}) {
    const auto reply = with_one_silent({.status = refused, .body = "no"});
    ASSERT_TRUE(reply.ok()) << to_string(reply.status());
    EXPECT_EQ(reply->groups.at(0).values.at("requests"), 0);
    EXPECT_EQ(reply->groups.at(0).completeness, 1);
    ASSERT_EQ(reply->warnings.size(), 2U) << "one for each group";
    EXPECT_TRUE(reply->warnings.at(0).starts_with("next: a target told nothing, and whether it ended is not known"))
        << reply->warnings.at(0);
    EXPECT_TRUE(reply->warnings.at(0).ends_with("Prometheus answered with status " + std::to_string(refused) + ": no"))
        << reply->warnings.at(0);
  }
  EXPECT_EQ(with_one_silent({.status = 503, .body = "no"}).status().code, Code::unavailable)
      << "nobody refused; it may be answered the next time";
}

// The targets of next know finer buckets than those of stable.
TEST(MetricsPrometheus, NativeHistogramsOfAllGroupsAreCountedAtTheSameBounds) {
  Hosted plugin("metrics-prometheus", {{"delay", "0s"}});
  const auto request =
      question(Json::parse(R"({"counters": {"n": "n"}, "bucket_counters": {"took": "took{role='${role}'}"}})"), "w");
  const std::int64_t end = request.window.to.ns / 1'000'000'000;
  const Json metric{{"instance", "a"}, {"job", "shop"}};
  const Json counter{{"metric", metric}, {"values", {{end - 3, "1"}, {end, "3"}}}};
  const auto native = [&](const Json& before, const Json& after) {
    const Json first{{"count", "0"}, {"buckets", before}};
    const Json last{{"count", "9"}, {"buckets", after}};
    return Json{{"metric", metric}, {"histograms", {{end - 3, first}, {end, last}}}};
  };
  const Json fine = native(Json::array(), Json::parse(R"([[0, "0.25", "0.27", "6"], [0, "0.46", "0.5", "3"]])"));
  const Json coarse = native(Json::array(), Json::parse(R"([[0, "0.125", "0.25", "2"], [0, "0.25", "0.5", "7"]])"));
  plugin.host().on_http([&](const services::HttpRequest& asked) {
    const bool is_native = asked.body.starts_with("query=took");
    const bool is_next = asked.body.find("next") != std::string::npos;
    const Json result{!is_native ? counter : is_next ? fine : coarse};
    const Json answer{{"status", "success"}, {"data", {{"resultType", "matrix"}, {"result", result}}}};
    return services::HttpReply{.status = 200, .body = answer.dump()};
  });
  const auto reply = call<metrics::Interface, metrics::Query>(plugin, request);
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  for (const metrics::GroupSamples& group : reply->groups) {
    EXPECT_EQ(group.values.at("n"), 2);
    ASSERT_TRUE(group.histograms.contains("took")) << group.problem;
    std::string shown;
    for (const metrics::Bucket& bucket : group.histograms.at("took"))
      shown += (bucket.upper ? to_text(*bucket.upper) : "more") + ": " + std::to_string(bucket.count) + "; ";
    EXPECT_EQ(shown, group.role == "next" ? "0.25: 0; 0.5: 9; more: 0; " : "0.25: 2; 0.5: 7; more: 0; ");
  }
  EXPECT_EQ(reply->groups.size(), 2U);
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
