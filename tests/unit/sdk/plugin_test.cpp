#include <gtest/gtest.h>

#include <slipway/interfaces/gate.hpp>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/plugin.hpp>
#include <slipway/testing/fake_host.hpp>

namespace slipway {
namespace {

struct Settings {
  std::string greeting = "hello";
  static constexpr auto fields() { return slipway::fields(field("greeting", &Settings::greeting, "What is said.")); }
};

// Lives as long as the coroutine that has it.
struct Frame {
  static inline int alive_ = 0;
  Frame() { ++alive_; }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() { --alive_; }
};

// Answers in all three shapes.
class Greeter final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<gate::Interface, secrets::Interface>;
  using Plugin::Plugin;

  task<gate::CheckReply> check(gate::CheckRequest request) {
    if (request.application == "throw") throw Error(Code::failed_precondition, "not today");
    if (request.application == "surprise") throw std::runtime_error("boom");
    const Frame frame;
    host().log(LogLevel::info, request.application + " begins");
    co_await host().sleep(seconds(5));
    co_await rest();
    host().log(LogLevel::info, request.application + " ends", {{"slept", "5s"}});
    const CallScope& scope = co_await this_call();
    co_return gate::CheckReply{strategy::GateState::open, settings().greeting + " " + scope.tenant, std::nullopt};
  }
  secrets::ResolveReply resolve(const secrets::ResolveRequest& request) { return {{{request.names[0], "value"}}}; }
  void list(secrets::ListRequest request, Completer<secrets::ListReply> done) {
    if (request.tenant == "dropped") return;
    done(secrets::ListReply{{"a"}});
  }
  void stop() { host().log(LogLevel::info, "stops"); }

 private:
  task<void> rest() { co_await host().sleep(seconds(1)); }
};

gate::CheckRequest question(std::string application) {
  gate::CheckRequest request;
  request.application = std::move(application);
  return request;
}

class PluginTest : public testing::Test {
 protected:
  PluginTest() { EXPECT_TRUE(host.run({{"greeting", "good morning"}}).ok()); }
  Result<gate::CheckReply> check(std::string application) {
    return host.call<gate::Interface, gate::Check>(question(std::move(application)), {.tenant = "acme"});
  }

  test::FakeHost host{test::table_of<Greeter>()};
};

TEST_F(PluginTest, answers_from_a_coroutine_that_waits_for_the_host_and_knows_its_call) {
  EXPECT_EQ(check("web").value().reason, "good morning acme");
}

TEST_F(PluginTest, carries_the_trace_of_each_call_through_its_awaits_to_services_and_log) {
  const auto begin = [&](const char* application, const char* trace) {
    return host.begin<gate::Interface, gate::Check>(question(application), {.traceparent = trace});
  };
  auto first = begin("web", "00-1-1-01");
  auto second = begin("shop", "00-2-2-01");
  auto third = begin("bare", "");
  for (auto* pending : {&first, &second, &third}) EXPECT_TRUE(pending->get().ok());
  host.quiesce();
  std::vector<std::string> logged;
  for (const auto& record : host.logs()) logged.push_back(record.message + " " + to_text(record.fields));
  EXPECT_EQ(logged,
            (std::vector<std::string>{
                R"(web begins {"traceparent":"00-1-1-01"})", R"(shop begins {"traceparent":"00-2-2-01"})",
                "bare begins {}", R"(web ends {"slept":"5s","traceparent":"00-1-1-01"})",
                R"(shop ends {"slept":"5s","traceparent":"00-2-2-01"})", R"(bare ends {"slept":"5s"})", "stops {}"}));
  std::vector<std::string> asked;
  for (const auto& request : host.requests("timers", "sleep")) asked.push_back(to_text(request.payload));
  EXPECT_EQ(asked,
            (std::vector<std::string>{R"({"duration":"5s","traceparent":"00-1-1-01"})",
                                      R"({"duration":"5s","traceparent":"00-2-2-01"})", R"({"duration":"5s"})",
                                      R"({"duration":"1s","traceparent":"00-1-1-01"})",
                                      R"({"duration":"1s","traceparent":"00-2-2-01"})", R"({"duration":"1s"})"}));
}

TEST_F(PluginTest, answers_at_once_or_by_a_completer) {
  EXPECT_EQ((host.call<secrets::Interface, secrets::Resolve>({"t", {"KEY"}})).value().values.at("KEY"), "value");
  EXPECT_EQ((host.call<secrets::Interface, secrets::List>({"t"})).value().names, std::vector<std::string>{"a"});
}

TEST_F(PluginTest, turns_what_is_thrown_into_a_status) {
  EXPECT_EQ(check("throw").status(), Status(Code::failed_precondition, "not today"));
  EXPECT_EQ(check("surprise").status(), Status(Code::internal, "boom"));
}

TEST_F(PluginTest, a_completer_that_is_dropped_answers_all_the_same) {
  EXPECT_EQ((host.call<secrets::Interface, secrets::List>({"dropped"})).status(),
            Status(Code::internal, "the plugin dropped the call without an answer"));
}

TEST_F(PluginTest, refuses_a_payload_that_does_not_fit_with_its_faults) {
  const auto reply = host.call_bytes(0, 0, "{}");
  EXPECT_EQ(reply.status().code, Code::invalid_argument);
  EXPECT_EQ(reply.status().message, "the request of check is not valid");
  EXPECT_EQ(reply.status().problems.size(), 6U);
  EXPECT_EQ(host.call_bytes(0, 0, "rubbish").status().code, Code::invalid_argument);
}

TEST_F(PluginTest, refuses_methods_and_interfaces_that_it_does_not_have) {
  EXPECT_EQ(host.call_bytes(0, 9, "{}").status(), Status(Code::unimplemented, "slipway.gate/1 has no method number 9"));
  EXPECT_EQ(host.call_bytes(9, 0, "{}").status(), Status(Code::unimplemented, "there is no interface number 9"));
}

TEST_F(PluginTest, ends_a_waiting_coroutine_when_its_caller_gives_up) {
  auto pending = host.begin<gate::Interface, gate::Check>(question("web"));
  pending.cancel();
  EXPECT_EQ(pending.get().status().code, Code::cancelled);
}

TEST_F(PluginTest, destroys_with_a_coroutine_under_way_without_a_leak) {
  host.begin<gate::Interface, gate::Check>(question("web"));
  EXPECT_EQ(Frame::alive_, 1);
  host.quiesce();
  host.destroy();
  EXPECT_EQ(Frame::alive_, 0);
}

TEST_F(PluginTest, serves_the_interface_of_every_plugin) {
  EXPECT_EQ((host.call<plugin::Interface, plugin::Health>({})).value().condition, plugin::Condition::healthy);
  EXPECT_EQ((host.call<plugin::Interface, plugin::ExportState>({})).value().version, 0);
}

TEST(Plugin, refuses_a_configuration_with_an_unknown_field_by_name) {
  test::FakeHost host(test::table_of<Greeter>());
  const Status status = host.create({{"greting", "hi"}});
  EXPECT_EQ(status.code, Code::invalid_argument);
  EXPECT_EQ(status.problems, (Problems{{"/greting", "\"hi\"", "is no field here; there are greeting"}}));
}

TEST(Plugin, refuses_a_host_of_another_major_version_and_names_both) {
  slipway_blob error{};
  EXPECT_EQ(detail::Export<Greeter>::entry(2, 0, &error), nullptr);
  const std::string text(reinterpret_cast<const char*>(error.data), error.size);
  error.release(error.owner);
  EXPECT_EQ(text, R"({"message":"the host speaks ABI 2.0, this plugin wants 1.0 or a later minor"})");
}

}  // namespace
}  // namespace slipway
