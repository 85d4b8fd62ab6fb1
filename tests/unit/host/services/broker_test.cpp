#include "host/services/broker.hpp"

#include "host/services/grants.hpp"
#include "host/services/instance_sink.hpp"
#include "host/services/plain_services.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::services {
namespace {

using runtime::await_on;
using runtime::Collected;

class Failing final : public Service {
 public:
  [[nodiscard]] std::string_view name() const override { return "failing"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request&) override {
    throw std::runtime_error("out of luck");
    co_return Status();
  }
};

class Guarded final : public Service {
 public:
  [[nodiscard]] std::string_view name() const override { return "guarded"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override {
    const auto& requester = request.requester;
    co_return check_grant(requester, requester.permissions.network, "network", "10.0.0.1");
  }
};

// Answers with the trace that the request is made for.
class Tracing final : public Service {
 public:
  [[nodiscard]] std::string_view name() const override { return "tracing"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override { co_return request.traceparent; }
};

constexpr auto kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// A real instance whose requests go through sink and broker.
class BrokerTest : public ::testing::Test {
 protected:
  BrokerTest() {
    runtime.start();
    plugin.on_reply = [this](std::uint64_t token, slipway_status status, std::string_view payload) {
      heard.add(std::to_string(token) + " " + std::to_string(status) + " " + std::string(payload));
    };
    Requester requester;
    requester.instance = "hook";
    auto sink = std::make_shared<InstanceSink>(requester, log, metrics, broker, clock, &request_ids);
    instance =
        *runtime::Instance::create(runtime, plugin.table(), nullptr, {.name = "hook", .plugin = "test-hook"}, sink);
    EXPECT_EQ(await_on(runtime, instance->start(seconds(5))), Status());
  }
  ~BrokerTest() override {
    EXPECT_EQ(await_on(runtime, instance->stop({})), Status());
    runtime.stop();
  }

  runtime::Runtime runtime{{.threads = 2}};
  TimersService timers;
  Failing failing;
  Guarded guarded;
  Tracing tracing;
  telemetry::RequestIds request_ids;
  Broker broker{runtime.executor(), {&timers, &failing, &guarded, &tracing}};
  telemetry::Metrics metrics;
  test::ManualClock clock;
  test::ScriptedPlugin plugin;
  Collected<std::string> lines;
  telemetry::Log log = telemetry::Log::to([this](std::string_view line) { lines.add(std::string(line)); },
                                          {.format = telemetry::LogFormat::json}, clock);
  Collected<std::string> heard;
  std::shared_ptr<runtime::Instance> instance;
};

TEST_F(BrokerTest, a_request_is_answered_by_its_service) {
  plugin.request("timers", "sleep", 4, R"({"duration":"1ms"})");
  EXPECT_EQ(heard.wait_for(1)[0], "4 0 {}");
}

TEST_F(BrokerTest, an_unknown_service_is_refused_with_those_that_there_are) {
  plugin.request("magic", "do", 5, "{}");
  EXPECT_EQ(heard.wait_for(1)[0],
            "5 12 {\"message\":\"this host has no service \\\"magic\\\"; there are failing, guarded, "
            "timers, tracing\",\"problems\":[]}");
}

TEST_F(BrokerTest, a_request_without_time_left_is_refused) {
  plugin.request("timers", "sleep", 6, "{}", 0);
  EXPECT_EQ(heard.wait_for(1)[0],
            "6 4 {\"message\":\"the deadline had passed before timers.sleep was asked\",\"problems\":[]}");
}

TEST_F(BrokerTest, an_exception_of_a_service_is_an_internal_error) {
  plugin.request("failing", "x", 7, "{}");
  EXPECT_EQ(heard.wait_for(1)[0],
            "7 13 {\"message\":\"the service \\\"failing\\\" failed: out of luck\",\"problems\":[]}");
}

TEST_F(BrokerTest, a_request_that_is_not_granted_is_refused_and_counted_by_its_permission) {
  for (int round = 1; round <= 2; ++round) {
    plugin.request("guarded", "x", 8, "{}");
    const auto replies = heard.wait_for(static_cast<std::size_t>(round));
    EXPECT_EQ(replies.back().substr(0, 4), "8 7 ");
  }
  EXPECT_NE(metrics.text().find("slipway_permission_denied_total{instance=\"hook\",permission=\"network\"} 2"),
            std::string::npos);
}

TEST_F(BrokerTest, a_request_is_of_the_trace_that_it_names) {
  plugin.request("tracing", "x", 9, R"({"more":1,"traceparent":")" + std::string(kTrace) + R"("})");
  EXPECT_EQ(heard.wait_for(1)[0], "9 0 " + std::string(kTrace));
  plugin.request("tracing", "x", 10, R"({"traceparent":"none of these"})");
  EXPECT_EQ(heard.wait_for(2)[1], "10 0 ");
  plugin.request("tracing", "x", 11, R"({"value":{"traceparent":")" + std::string(kTrace) + R"("}})");
  EXPECT_EQ(heard.wait_for(3)[2], "11 0 ");
}

TEST_F(BrokerTest, records_of_a_trace_name_the_request_that_began_it_while_it_is_known) {
  const slipway_host& host = plugin.host();
  const std::string fields = R"({"traceparent":")" + std::string(kTrace) + R"("})";
  host.log(host.context, SLIPWAY_LOG_WARN, test::span_of("unknown"), test::span_of(fields));
  request_ids.remember("00-0af7651916cd43dd8448eb211c80319c-0000000000000001-00", "train-7");
  host.log(host.context, SLIPWAY_LOG_WARN, test::span_of("known"), test::span_of(fields));
  const auto written = lines.wait_for(2);
  EXPECT_EQ(written[0].find("request_id"), std::string::npos) << written[0];
  EXPECT_NE(written[0].find("\"traceparent\":\"" + std::string(kTrace)), std::string::npos) << written[0];
  EXPECT_NE(written[1].find("\"request_id\":\"train-7\""), std::string::npos) << written[1];
}

TEST_F(BrokerTest, records_and_samples_carry_the_instance) {
  const slipway_host& host = plugin.host();
  host.log(host.context, SLIPWAY_LOG_WARN, test::span_of("slow"), test::span_of(R"({"ms":12,"peer":"a"})"));
  const std::string line = lines.wait_for(1)[0];
  for (const char* part : {"\"instance\":\"hook\"", "slow", "\"peer\":\"a\"", "warn"}) {
    EXPECT_NE(line.find(part), std::string::npos) << line;
  }
  host.metric(host.context, SLIPWAY_METRIC_COUNTER, test::span_of("sent_total"), test::span_of(R"({"to":"x"})"), 2);
  EXPECT_NE(metrics.text().find("slipway_plugin_sent_total{binding=\"hook\",to=\"x\"} 2"), std::string::npos)
      << metrics.text();
}

TEST_F(BrokerTest, an_instance_that_floods_the_log_is_left_out_of_it_until_it_writes_less) {
  const slipway_host& host = plugin.host();
  const std::string huge(8000, 'x');
  for (int i = 0; i < 1000; ++i) host.log(host.context, SLIPWAY_LOG_ERROR, test::span_of(huge), {});
  std::size_t bytes = 0;
  for (const std::string& line : lines.wait_for(1)) bytes += line.size();
  EXPECT_GT(bytes, std::size_t{1} << 20);
  EXPECT_LT(bytes, std::size_t{1200} << 10);
  const std::size_t before = lines.size();
  EXPECT_NE(lines.wait_for(before).back().find("writes more than 1 MiB a second"), std::string::npos);
  clock.advance(milliseconds(100));
  host.log(host.context, SLIPWAY_LOG_ERROR, test::span_of("still too soon"), {});
  EXPECT_EQ(lines.size(), before);
  clock.advance(milliseconds(500));
  host.log(host.context, SLIPWAY_LOG_ERROR, test::span_of("quiet again"), {});
  const auto after = lines.wait_for(before + 2);
  EXPECT_NE(after[before].find("\"records\":871"), std::string::npos) << after[before];
  EXPECT_NE(after[before + 1].find("quiet again"), std::string::npos);
}

TEST_F(BrokerTest, lines_without_a_word_fill_the_log_like_others) {
  const slipway_host& host = plugin.host();
  for (int i = 0; i < 20'000; ++i) host.log(host.context, SLIPWAY_LOG_ERROR, {}, {});
  std::size_t bytes = 0;
  const auto written = lines.wait_for(1);
  for (const std::string& line : written) bytes += line.size();
  EXPECT_LT(bytes, std::size_t{1200} << 10);
  EXPECT_NE(written.back().find("writes more than 1 MiB a second"), std::string::npos) << written.back();
}

TEST_F(BrokerTest, a_log_of_errors_alone_says_what_a_flood_lost_though_it_be_the_instances_last_word) {
  log.set_level(telemetry::Level::error);
  const std::string huge(8000, 'x');
  {
    InstanceSink sink({.instance = "loud"}, log, metrics, broker, clock);
    for (int i = 0; i < 1000; ++i) sink.log(SLIPWAY_LOG_ERROR, huge, {});
    EXPECT_NE(lines.wait_for(1).back().find("writes more than 1 MiB a second"), std::string::npos);
  }
  const std::string last = lines.wait_for(1).back();
  EXPECT_NE(last.find("records were left out"), std::string::npos) << last;
  EXPECT_NE(last.find("\"records\":870"), std::string::npos) << last;
  const std::size_t before = lines.size();
  { const InstanceSink quiet({.instance = "quiet"}, log, metrics, broker, clock); }
  EXPECT_EQ(lines.size(), before);
}

TEST_F(BrokerTest, the_hosts_own_word_on_an_instance_that_floods_the_log_is_written) {
  InstanceSink sink({.instance = "loud"}, log, metrics, broker, clock);
  const std::string huge(8000, 'x');
  for (int i = 0; i < 1000; ++i) sink.log(SLIPWAY_LOG_ERROR, huge, {});
  const std::size_t before = lines.size();
  sink.host_log(SLIPWAY_LOG_WARN, "it misbehaves");
  ASSERT_EQ(lines.size(), before + 1);
  const std::string last = lines.wait_for(1).back();
  EXPECT_NE(last.find("it misbehaves"), std::string::npos) << last;
  EXPECT_NE(last.find("\"instance\":\"loud\""), std::string::npos) << last;
}

}  // namespace
}  // namespace slipway::services
