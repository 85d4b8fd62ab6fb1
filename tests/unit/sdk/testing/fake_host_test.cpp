#include <gtest/gtest.h>

#include <slipway/interfaces/notifier.hpp>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/testing/fake_host.hpp>
#include <thread>

namespace slipway::test {
namespace {

struct Settings {
  std::string mode = "http";
  static constexpr auto fields() { return slipway::fields(field("mode", &Settings::mode, "What the reply does.")); }
};

// Sends over HTTP after a nap, answers twice, never, or from a thread of its own.
class Sender final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<secrets::Interface>;
  Sender(Host& host, Settings settings) : Plugin(host, std::move(settings)) {}
  ~Sender() {
    if (thread_.joinable()) thread_.join();
  }

  task<secrets::ResolveReply> resolve(secrets::ResolveRequest) {
    co_await host().sleep(seconds(30));
    services::HttpRequest request{.url = "http://localhost/"};
    const auto reply = co_await host().http(std::move(request));
    const Json asked{{"count", 1}};
    co_await host().emit("secrets.asked", asked);
    if (reply.status != 200) throw Error(Code::unavailable, "status " + std::to_string(reply.status));
    co_return secrets::ResolveReply{};
  }
  void list(secrets::ListRequest, Completer<secrets::ListReply> done) {
    if (settings().mode == "twice") {
      const auto& table = host().table();
      table.complete(table.context, 1, SLIPWAY_OK, {});
    }
    if (settings().mode == "never") return kept_.push_back(std::move(done));
    thread_ = std::thread([answer = std::move(done)]() mutable { answer(secrets::ListReply{}); });
  }

 private:
  std::thread thread_;
  std::vector<Completer<secrets::ListReply>> kept_;
};

const secrets::ResolveRequest kAsked{.tenant = "acme", .names = {"TOKEN"}};
using Reply = Result<secrets::ResolveReply>;

TEST(FakeHost, TurnsTimersAndAnswersServicesUntilTheCallEnds) {
  FakeHost host(table_of<Sender>());
  ASSERT_TRUE(host.run().ok());
  host.on_http([](const services::HttpRequest&) { return services::HttpReply{.status = 200}; });
  const Reply reply = host.call<secrets::Interface, secrets::Resolve>(kAsked);
  EXPECT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(host.now(), seconds(30));
  EXPECT_EQ(host.requests("http", "send").size(), 1U);
  EXPECT_EQ(host.events(), std::vector<Json>{Json::parse(R"({"type": "secrets.asked", "data": {"count": 1}})")});
}

TEST(FakeHost, ACallThatBeganWaitsForTheTestToLetTimePass) {
  FakeHost host(table_of<Sender>());
  ASSERT_TRUE(host.run().ok());
  auto call = host.begin<secrets::Interface, secrets::Resolve>(kAsked);
  host.advance(milliseconds(29'999));
  EXPECT_TRUE(host.requests("http", "send").empty());
  host.advance(milliseconds(1));
  EXPECT_EQ(call.get().status(), Status(Code::unimplemented, "no handler for http.send"));
}

TEST(FakeHost, ACancelledCallEndsAsCancelled) {
  FakeHost host(table_of<Sender>());
  ASSERT_TRUE(host.run().ok());
  auto call = host.begin<secrets::Interface, secrets::Resolve>(kAsked);
  call.cancel();
  ASSERT_TRUE(call.done());
  EXPECT_EQ(call.get().status().code, Code::cancelled);
}

TEST(FakeHost, AnAnswerFromAnotherThreadIsAwaited) {
  FakeHost host(table_of<Sender>());
  ASSERT_TRUE(host.run({{"mode", "thread"}}).ok());
  EXPECT_TRUE((host.call<secrets::Interface, secrets::List>({}).ok()));
  EXPECT_EQ(host.completions(), 1U);
}

TEST(FakeHost, ASecondAnswerIsAViolation) {
  FakeHost host(table_of<Sender>());
  ASSERT_TRUE(host.run({{"mode", "twice"}}).ok());
  const auto first = host.call<secrets::Interface, secrets::List>({});
  EXPECT_FALSE(first.ok()) << "an empty answer is no document";
  host.wait_until([&] { return host.completions() == 2; });
  EXPECT_EQ(host.violations(), std::vector<std::string>{"call 1 was completed twice"});
}

TEST(FakeHost, APluginThatNeverAnswersIsGivenUp) {
  FakeHost host(table_of<Sender>());
  ASSERT_TRUE(host.run({{"mode", "never"}}).ok());
  host.set_patience(milliseconds(20));
  const auto reply = host.call<secrets::Interface, secrets::List>({});
  EXPECT_EQ(reply.status(), Status(Code::deadline_exceeded, "the plugin did not answer within 20ms of real time"));
  EXPECT_EQ(host.open_calls(), 1U);
}

TEST(FakeHost, AConfigurationThatDoesNotFitIsRefusedAtCreate) {
  FakeHost host(table_of<Sender>());
  const Status status = host.run({{"mod", "x"}});
  EXPECT_EQ(to_string(status),
            "INVALID_ARGUMENT: the configuration is not valid; /mod: is no field here; there are mode (was \"x\")");
}

}  // namespace
}  // namespace slipway::test
