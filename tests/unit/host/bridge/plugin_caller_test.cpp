#include "host/bridge/plugin_caller.hpp"

#include <future>
#include <thread>

#include "host/bridge/telemetry_sink.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::bridge {
namespace {

using runtime::await_on;
using runtime::Collected;
using runtime::Instance;
using test::text_of;

class RecordingCalls final : public CallSink {
 public:
  void began(std::string_view) override { ++in_flight; }
  void ended(const CallRecord& record) override {
    --in_flight;
    records.add(std::string(record.binding) + " " + std::string(record.interface) + " " +
                std::to_string(record.method) + " " + std::string(name_of(record.code)) +
                (record.seconds >= 0 && record.seconds < 60 ? "" : " in no sensible time"));
  }
  void refused(std::string_view binding, std::string_view interface, std::uint32_t method) override {
    refusals.add(std::string(binding) + " " + std::string(interface) + " " + std::to_string(method));
  }
  std::atomic<int> in_flight{0};
  Collected<std::string> records;
  Collected<std::string> refusals;
};

// A plugin instance that runs as long as the object lives and answers by `on_invoke`.
class Generation {
 public:
  Generation(runtime::Runtime& runtime, std::string name) : runtime_(runtime) {
    plugin.interface_ids = {"slipway.plugin/1", "test.echo/1"};
    plugin.on_invoke = [this, name](const slipway_call& call) {
      plugin.complete(call.id, SLIPWAY_OK,
                      name + " " + std::to_string(call.interface_index) + "." + std::to_string(call.method) + " " +
                          std::string(text_of(call.payload)) + " for " + std::string(text_of(call.tenant)));
    };
    instance =
        *Instance::create(runtime, plugin.table(), nullptr,
                          {.name = name, .plugin = "test-echo", .threading = runtime::Threading::concurrent}, sink);
    EXPECT_EQ(await_on(runtime, instance->start(seconds(5))), Status());
  }
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation() { EXPECT_EQ(await_on(runtime_, instance->stop({})), Status()); }

  test::ScriptedPlugin plugin;
  std::shared_ptr<runtime::RecordingSink> sink = std::make_shared<runtime::RecordingSink>();
  std::shared_ptr<Instance> instance;

 private:
  runtime::Runtime& runtime_;
};

class PluginCallerTest : public ::testing::Test {
 protected:
  PluginCallerTest() { runtime.start(); }
  ~PluginCallerTest() override { routes.publish(std::make_shared<RouteTable>()); }

  void bind(const std::string& binding, const Generation& generation) {
    RouteTable::Bindings bindings = routes.capture()->bindings();
    bindings[binding] = {{generation.instance, "", nullptr}, nullptr, nullptr};
    routes.publish(std::make_shared<RouteTable>(std::move(bindings)));
  }
  boost::asio::awaitable<Result<std::string>> make_call(std::string binding, std::string interface,
                                                        std::uint32_t method, std::int64_t budget_ns) {
    CallContext context;
    context.budget_ns = budget_ns;
    context.tenant = "acme";
    context.answered_by = answered_by;
    co_return co_await caller.call(binding, interface, method, "{}", context);
  }
  Result<std::string> call(const std::string& binding, const std::string& interface, std::uint32_t method = 2,
                           std::int64_t budget_ns = seconds(5).ns) {
    return await_on(runtime, make_call(binding, interface, method, budget_ns));
  }

  runtime::Runtime runtime{{.threads = 2}};
  Routes routes;
  RecordingCalls calls;
  PluginCaller caller{routes, calls};
  std::shared_ptr<std::string> answered_by;
};

TEST_F(PluginCallerTest, a_call_reaches_the_binding_with_the_index_of_the_interface) {
  const Generation one(runtime, "one");
  bind("provider", one);
  const auto reply = call("provider", "test.echo/1");
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(*reply, "one 1.2 {} for acme");
  EXPECT_EQ(calls.records.wait_for(1)[0], "provider test.echo/1 2 OK");
  EXPECT_EQ(calls.in_flight.load(), 0);
}

TEST_F(PluginCallerTest, an_unknown_binding_is_refused_with_those_that_there_are) {
  EXPECT_EQ(call("storage", "test.echo/1").status(),
            Status(Code::not_found, "the profile has no binding \"storage\"; there are none"));
  const Generation one(runtime, "one");
  bind("provider", one);
  bind("strategies.canary", one);
  EXPECT_EQ(call("storage", "test.echo/1").status(),
            Status(Code::not_found, "the profile has no binding \"storage\"; there are provider, strategies.canary"));
  EXPECT_EQ(calls.records.size(), 0U);
}

TEST_F(PluginCallerTest, an_unknown_binding_of_a_kind_is_refused_with_those_of_its_kind) {
  const Generation one(runtime, "one");
  for (const char* name : {"analyzers.judge", "analyzers.threshold", "provider", "strategies.canary"}) bind(name, one);
  EXPECT_EQ(
      call("analyzers.thresold", "test.echo/1").status(),
      Status(Code::not_found,
             "the profile has no binding \"analyzers.thresold\"; there are analyzers.judge, analyzers.threshold"));
  EXPECT_EQ(call("gates.webhook", "test.echo/1").status(),
            Status(Code::not_found, "the profile has no binding \"gates.webhook\"; there are none"));
}

TEST_F(PluginCallerTest, an_interface_that_the_plugin_does_not_serve_is_refused_with_those_it_does) {
  const Generation one(runtime, "one");
  bind("provider", one);
  EXPECT_EQ(call("provider", "slipway.gate/1").status(),
            Status(Code::unimplemented,
                   "binding \"provider\" leads to test-echo, which does not serve slipway.gate/1; it serves "
                   "slipway.plugin/1, test.echo/1"));
}

TEST_F(PluginCallerTest, a_swap_serves_new_calls_by_the_new_generation_and_lets_old_ones_end) {
  Generation one(runtime, "one");
  const Generation two(runtime, "two");
  Collected<std::uint64_t> open;
  one.plugin.on_invoke = [&](const slipway_call& call) { open.add(call.id); };
  bind("provider", one);
  std::promise<Result<std::string>> old_reply;
  auto in_flight = old_reply.get_future();
  const auto slow = [&]() -> boost::asio::awaitable<void> {
    old_reply.set_value(co_await make_call("provider", "test.echo/1", 0, seconds(5).ns));
  };
  boost::asio::co_spawn(runtime.executor(), slow, boost::asio::detached);
  open.wait_for(1);

  bind("provider", two);
  EXPECT_EQ(*call("provider", "test.echo/1"), "two 1.2 {} for acme");
  one.plugin.complete(open.wait_for(1)[0], SLIPWAY_OK, "from the old one");
  EXPECT_EQ(*in_flight.get(), "from the old one");
}

TEST_F(PluginCallerTest, the_plugins_error_and_the_deadline_are_the_callers_status) {
  Generation one(runtime, "one");
  bind("provider", one);
  one.plugin.on_invoke = [&](const slipway_call& call) {
    one.plugin.complete(call.id, SLIPWAY_ABORTED, R"({"message":"someone else wrote"})");
  };
  EXPECT_EQ(call("provider", "test.echo/1").status(), Status(Code::aborted, "someone else wrote"));
  one.plugin.on_invoke = [](const slipway_call&) {};
  EXPECT_EQ(call("provider", "test.echo/1", 2, milliseconds(10).ns).status(),
            Status(Code::deadline_exceeded, "instance \"one\" (test-echo) did not answer within 10ms"));
  EXPECT_EQ(calls.records.wait_for(2)[1], "provider test.echo/1 2 DEADLINE_EXCEEDED");
}

TEST_F(PluginCallerTest, a_trial_gets_exactly_its_share_and_calls_of_one_thing_go_one_way) {
  const Generation one(runtime, "one");
  const Generation two(runtime, "two");
  auto trial = std::make_shared<Trial>();
  trial->way = {two.instance, "2.0.0", nullptr};
  trial->share = 50'000;
  const Route route{{one.instance, "1.0.0", nullptr}, trial, nullptr};
  int tried = 0;
  for (int i = 0; i < 1000; ++i) tried += route.choose("").version == "2.0.0" ? 1 : 0;
  EXPECT_EQ(tried, 50);
  int things = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string thing = "rollout-" + std::to_string(i);
    EXPECT_EQ(route.choose(thing).version, route.choose(thing).version);
    things += route.choose(thing).version == "2.0.0" ? 1 : 0;
  }
  EXPECT_GT(things, 20);
  EXPECT_LT(things, 100);
}

TEST_F(PluginCallerTest, a_call_waits_at_a_closed_intake_and_goes_on_with_the_new_table) {
  const Generation one(runtime, "one");
  const Generation two(runtime, "two");
  const auto intake = std::make_shared<Intake>();
  RouteTable::Bindings bindings;
  bindings["provider"] = {{one.instance, "", nullptr}, nullptr, intake};
  routes.publish(std::make_shared<RouteTable>(bindings));
  auto waiting = std::async(std::launch::async, [&] { return call("provider", "test.echo/1"); });
  while (intake->waiting() == 0) std::this_thread::yield();
  bind("provider", two);
  intake->open();
  EXPECT_EQ(*waiting.get(), "two 1.2 {} for acme");
}

TEST_F(PluginCallerTest, a_call_names_the_version_that_answered_also_when_that_came_while_it_waited) {
  const Generation one(runtime, "one");
  const Generation two(runtime, "two");
  const auto intake = std::make_shared<Intake>();
  const auto publish = [this](const Generation& generation, const std::string& version, std::shared_ptr<Intake> at) {
    RouteTable::Bindings bindings;
    bindings["provider"] = {{generation.instance, version, nullptr}, nullptr, std::move(at)};
    routes.publish(std::make_shared<RouteTable>(std::move(bindings)));
  };
  answered_by = std::make_shared<std::string>("nobody");
  publish(one, "1.0.0", nullptr);
  EXPECT_EQ(*call("provider", "test.echo/1"), "one 1.2 {} for acme");
  EXPECT_EQ(*answered_by, "1.0.0");
  publish(one, "1.0.0", intake);
  auto waiting = std::async(std::launch::async, [&] { return call("provider", "test.echo/1"); });
  while (intake->waiting() == 0) std::this_thread::yield();
  publish(two, "2.0.0", nullptr);
  intake->open();
  EXPECT_EQ(*waiting.get(), "two 1.2 {} for acme");
  EXPECT_EQ(*answered_by, "2.0.0");
}

TEST_F(PluginCallerTest, a_call_waits_at_a_closed_intake_no_longer_than_its_budget) {
  const Generation one(runtime, "one");
  const auto intake = std::make_shared<Intake>();
  RouteTable::Bindings bindings;
  bindings["provider"] = {{one.instance, "", nullptr}, nullptr, intake};
  routes.publish(std::make_shared<RouteTable>(bindings));
  EXPECT_EQ(call("provider", "test.echo/1", 2, milliseconds(10).ns).status(),
            Status(Code::deadline_exceeded, "the deadline passed while binding \"provider\" was exchanged"));
  EXPECT_EQ(intake->waiting(), 0U);
}

TEST_F(PluginCallerTest, a_closed_intake_holds_a_bounded_number_of_calls_and_refuses_the_next) {
  const Generation one(runtime, "one");
  const auto intake = std::make_shared<Intake>();
  RouteTable::Bindings bindings;
  bindings["provider"] = {{one.instance, "", nullptr}, nullptr, intake};
  routes.publish(std::make_shared<RouteTable>(bindings));
  Collected<bool> answered;
  const auto ask = [&]() -> boost::asio::awaitable<void> {
    CallContext context;
    const auto reply = co_await caller.call("provider", "test.echo/1", 2, "{}", std::move(context));
    answered.add(reply.ok());
  };
  for (std::size_t i = 0; i < Intake::kMaxWaiting; ++i)
    boost::asio::co_spawn(runtime.executor(), ask, boost::asio::detached);
  while (intake->waiting() < Intake::kMaxWaiting) std::this_thread::yield();
  EXPECT_EQ(
      call("provider", "test.echo/1").status(),
      Status(Code::resource_exhausted, "binding \"provider\" is being exchanged, and 4096 calls wait for it already"));
  bind("provider", one);
  intake->open();
  const auto all = answered.wait_for(Intake::kMaxWaiting);
  EXPECT_EQ(std::count(all.begin(), all.end(), true), static_cast<std::ptrdiff_t>(Intake::kMaxWaiting));
}

TEST_F(PluginCallerTest, a_version_of_a_binding_is_called_by_a_name_of_its_own) {
  const Generation one(runtime, "one");
  const Generation two(runtime, "two");
  RouteTable::Bindings bindings;
  RouteTable::Bindings versions;
  bindings["gates.a"] = {{two.instance, "2.0.0", nullptr}, nullptr, nullptr};
  versions["gates.a@1.0.0"] = {{one.instance, "1.0.0", nullptr}, nullptr, nullptr};
  routes.publish(std::make_shared<RouteTable>(bindings, versions));
  EXPECT_EQ(*call("gates.a@1.0.0", "test.echo/1"), "one 1.2 {} for acme");
  EXPECT_EQ(caller.version_of("gates.a", ""), "2.0.0");
  EXPECT_EQ(caller.version_of("gates.a@1.0.0", ""), "1.0.0");
  EXPECT_EQ(caller.version_of("gates.a@0.9.0", ""), "");
  EXPECT_EQ(call("gates.b", "test.echo/1").status(),
            Status(Code::not_found, "the profile has no binding \"gates.b\"; there are gates.a"));
}

TEST_F(PluginCallerTest, faults_are_tallied_by_generation_and_refusals_are_none) {
  Generation one(runtime, "one");
  const auto tally = std::make_shared<Tally>();
  RouteTable::Bindings bindings;
  bindings["provider"] = {{one.instance, "", tally}, nullptr, nullptr};
  routes.publish(std::make_shared<RouteTable>(bindings));
  EXPECT_TRUE(call("provider", "test.echo/1").ok());
  for (const slipway_status status : {SLIPWAY_INVALID_ARGUMENT, SLIPWAY_INTERNAL, SLIPWAY_UNAVAILABLE}) {
    one.plugin.on_invoke = [&one, status](const slipway_call& asked) {
      one.plugin.complete(asked.id, status, R"({"message":"no"})");
    };
    EXPECT_FALSE(call("provider", "test.echo/1").ok());
  }
  EXPECT_EQ(tally->counts().calls, 4U);
  EXPECT_EQ(tally->counts().faults, 2U);
  EXPECT_GT(tally->counts().seconds, 0);
}

struct KeptSpans final : telemetry::SpanSink {
  void finished(telemetry::Span span) override { spans.add(std::move(span)); }
  Collected<telemetry::Span> spans;
};

class TracedCalls : public PluginCallerTest {
 protected:
  // What the plugin was told of the trace.
  std::string traced(Caller& by, const std::string& traceparent, const std::string& binding = "provider") {
    std::string told;
    one.plugin.on_invoke = [&](const slipway_call& asked) {
      told = text_of(asked.traceparent);
      one.plugin.complete(asked.id, answer, R"({"message":"the password is 1234"})");
    };
    const auto work = [&]() -> boost::asio::awaitable<Result<std::string>> {
      CallContext context;
      context.traceparent = traceparent;
      co_return co_await by.call(binding, "test.echo/1", 2, "{}", context);
    };
    (void)await_on(runtime, work());
    return told;
  }

  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  slipway_status answer = SLIPWAY_OK;
  KeptSpans sink;
  base::SystemClock clock;
  base::SeededRandom random{5};
  telemetry::Tracer tracer{sink, clock, random, 1'000'000};
  PluginCaller traced_caller{routes, calls, &tracer};
  Generation one{runtime, "one"};
};

TEST_F(TracedCalls, a_call_is_a_span_from_which_the_plugin_goes_on) {
  RouteTable::Bindings bindings;
  bindings["provider"] = {{one.instance, "1.2.0", nullptr}, nullptr, nullptr};
  routes.publish(std::make_shared<RouteTable>(bindings));
  const std::string told = traced(traced_caller, parent);
  const telemetry::Span span = sink.spans.wait_for(1)[0];
  EXPECT_EQ(span.name, "test.echo/1 2");
  EXPECT_EQ(span.kind, telemetry::SpanKind::client);
  EXPECT_EQ(span.parent_id, "00f067aa0ba902b7");
  EXPECT_EQ(told, telemetry::to_traceparent(span.trace));
  EXPECT_EQ(span.error, std::nullopt);
  std::string attributes;
  for (const auto& [name, value] : span.attributes)
    attributes += std::string(name) + "=" + std::get<std::string>(value) + " ";
  EXPECT_EQ(attributes,
            "slipway.binding=provider slipway.interface=test.echo/1 slipway.method=2 slipway.instance=one "
            "slipway.plugin=test-echo slipway.version=1.2.0 slipway.status=OK ");
}

TEST_F(TracedCalls, a_failed_call_tells_its_status_and_not_the_plugins_words) {
  bind("provider", one);
  answer = SLIPWAY_UNAVAILABLE;
  traced(traced_caller, parent);
  EXPECT_EQ(sink.spans.wait_for(1)[0].error, "UNAVAILABLE");
}

TEST_F(TracedCalls, what_nobody_wants_to_hear_of_goes_on_as_it_came) {
  bind("provider", one);
  const std::string unsampled = parent.substr(0, parent.size() - 1) + "0";
  EXPECT_EQ(traced(traced_caller, unsampled), unsampled);
  EXPECT_EQ(traced(caller, parent), parent);
  EXPECT_EQ(traced(traced_caller, parent, "unknown"), "");
  EXPECT_EQ(sink.spans.size(), 0U);
}

TEST_F(PluginCallerTest, calls_show_as_metrics) {
  telemetry::Metrics metrics;
  TelemetrySink sink(metrics);
  PluginCaller counted(routes, sink);
  const Generation one(runtime, "one");
  bind("provider", one);
  const auto work = [&]() -> boost::asio::awaitable<Result<std::string>> {
    CallContext context;
    co_return co_await counted.call("provider", "test.echo/1", 4, "{}", context);
  };
  EXPECT_TRUE(await_on(runtime, work()).ok());
  const std::string text = metrics.text();
  EXPECT_NE(
      text.find(
          "slipway_plugin_calls_total{binding=\"provider\",interface=\"test.echo/1\",method=\"4\",status=\"OK\"} 1"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("slipway_plugin_calls_in_flight{binding=\"provider\"} 0"), std::string::npos) << text;
}

TEST_F(PluginCallerTest, calls_of_one_method_are_counted_apart_by_how_they_end) {
  telemetry::Metrics metrics;
  TelemetrySink sink(metrics);
  for (const Code code : {Code::ok, Code::unavailable, Code::ok, Code::ok}) {
    sink.began("provider");
    sink.ended({"provider", "test.echo/1", 4, code, 0.5});
  }
  sink.began("provider");
  sink.ended({"provider", "test.echo/1", 5, Code::ok, 0.5});
  sink.began("gates.freeze");
  const std::string text = metrics.text();
  const std::string of_method = "slipway_plugin_calls_total{binding=\"provider\",interface=\"test.echo/1\",method=";
  for (const std::string& line :
       {of_method + "\"4\",status=\"OK\"} 3\n", of_method + "\"4\",status=\"UNAVAILABLE\"} 1\n",
        of_method + "\"5\",status=\"OK\"} 1\n", std::string("slipway_plugin_calls_in_flight{binding=\"provider\"} 0\n"),
        std::string("slipway_plugin_calls_in_flight{binding=\"gates.freeze\"} 1\n"),
        std::string("slipway_plugin_call_seconds_count{binding=\"provider\","
                    "interface=\"test.echo/1\",method=\"4\"} 4\n")})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

}  // namespace
}  // namespace slipway::bridge
