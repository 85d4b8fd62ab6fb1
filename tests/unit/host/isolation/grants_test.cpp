// Requests of a plugin to the host's services, with and without the permission, in both placements: the same answers.
#include <gmock/gmock.h>

#include <slipway/testing/library.hpp>

#include "host/services/broker.hpp"
#include "host/services/instance_sink.hpp"
#include "host/services/plain_services.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

// One document that is an answer of every binding that is asked here.
class EveryBinding final : public bridge::Caller {
 public:
  boost::asio::awaitable<Result<std::string>> call(std::string_view, std::string_view, std::uint32_t, std::string,
                                                   bridge::CallContext) override {
    ++calls;
    co_return R"({"records":[],"values":{"A":"a"},"names":["A"]})";
  }
  std::atomic<int> calls{0};
};

class CountingEvents final : public services::EventSink {
 public:
  void emit(const std::string&, const std::string&, const Json&) override { ++emitted; }
  std::atomic<int> emitted{0};
};

struct Asked {
  const char* permission;
  const char* subject;  // that is not granted
  const char* request;  // of it, and of what is granted
  const char* granted;
};
void PrintTo(const Asked& asked, std::ostream* out) { *out << asked.permission; }

constexpr Asked kAsked[] = {
    {"store", "other/1", R"(store get {"tenant":"acme","key":"other/1"})",
     R"(store get {"tenant":"acme","key":"mine/1"})"},
    {"secrets", "env:B", R"(secrets resolve {"tenant":"acme","references":["env:B"]})",
     R"(secrets resolve {"tenant":"acme","references":["env:A"]})"},
    {"bindings", "secrets.file",
     R"(bindings call {"binding":"secrets.file","interface":"slipway.secrets/1","method":"list"})",
     R"(bindings call {"binding":"secrets.env","interface":"slipway.secrets/1","method":"list"})"},
    {"events", "rollout.failed", R"(events emit {"type":"rollout.failed","data":{}})",
     R"(events emit {"type":"mine.changed","data":{}})"}};

class Grants : public testing::TestWithParam<std::tuple<bool, Asked>> {
 protected:
  Grants() {
    runtime_.start();
    requester_.permissions.store.allowed = {"mine/"};
    requester_.permissions.secrets.allowed = {"env:A"};
    requester_.permissions.bindings.allowed = {"secrets.env"};
    requester_.permissions.events.allowed = {"mine.*"};
    sink_ = std::make_shared<services::InstanceSink>(
        requester_, telemetry::Log::to([](std::string_view) {}, {.format = telemetry::LogFormat::json}, clock_),
        metrics_, broker_, clock_);
    instance_ = std::get<0>(GetParam()) ? apart() : inside();
    EXPECT_EQ(runtime::await_on(runtime_, instance_->start(seconds(10))), Status());
  }
  ~Grants() override {
    EXPECT_EQ(runtime::await_on(runtime_, instance_->stop({})), Status());
    instance_.reset();
    runtime_.stop();
  }
  // The status' number and the document with which the host has answered the plugin.
  std::string answer_to(const std::string& request) {
    runtime::CallRequest call{.budget_ns = seconds(15).ns, .payload = "request " + request};
    const auto answer = runtime::await_on(runtime_, runtime::async_call(instance_, std::move(call)));
    return answer.ok() ? *answer : to_string(answer.status());
  }
  [[nodiscard]] int reached() const { return caller_.calls + heard_.emitted; }
  [[nodiscard]] std::string counted() const { return metrics_.text(); }

 private:
  std::shared_ptr<runtime::Instance> inside() {
    return *runtime::Instance::create(runtime_, library_.table(), nullptr, {.name = "tricks", .plugin = "tricks"},
                                      sink_);
  }
  std::shared_ptr<runtime::Instance> apart() {
    IsolationSettings isolation;
    isolation.program.path = SLIPWAY_WORKER;
    return make_isolated(runtime_, package_of("worker_tricks"), requester_.permissions, {.name = "tricks"}, sink_,
                         isolation)
        ->instance;
  }

  runtime::Runtime runtime_{{.threads = 2}};
  test::Library library_{SLIPWAY_FIXTURES "/worker_tricks.so"};
  services::Requester requester_{.instance = "tricks"};
  EveryBinding caller_;
  CountingEvents heard_;
  services::StoreService store_{caller_};
  services::SecretsService secrets_{caller_};
  services::BindingsService bindings_{caller_};
  services::EventsService events_{heard_};
  services::Broker broker_{runtime_.executor(), {&store_, &secrets_, &bindings_, &events_}};
  telemetry::Metrics metrics_;
  test::ManualClock clock_;
  std::shared_ptr<services::InstanceSink> sink_;
  std::shared_ptr<runtime::Instance> instance_;
};

TEST_P(Grants, what_is_not_granted_is_refused_named_and_counted_and_what_is_granted_is_done) {
  const Asked& asked = std::get<1>(GetParam());
  const std::string permission = asked.permission;
  EXPECT_EQ(answer_to(asked.request), R"(7 {"message":"instance \"tricks\" is not allowed )" + permission + R"( \")" +
                                          asked.subject + R"(\"; allow it under permissions.)" + permission +
                                          R"( in its plugin.json and in the profile","problems":[]})");
  EXPECT_EQ(reached(), 0);
  EXPECT_NE(counted().find("slipway_permission_denied_total{instance=\"tricks\",permission=\"" + permission + "\"} 1"),
            std::string::npos);
  EXPECT_THAT(answer_to(asked.granted), testing::StartsWith("0 {"));
  EXPECT_EQ(reached(), 1);
}

INSTANTIATE_TEST_SUITE_P(BothPlacements, Grants, testing::Combine(testing::Bool(), testing::ValuesIn(kAsked)),
                         [](const auto& param) {
                           return std::string(std::get<1>(param.param).permission) +
                                  (std::get<0>(param.param) ? "_apart" : "_inside");
                         });

}  // namespace
}  // namespace slipway::isolation
