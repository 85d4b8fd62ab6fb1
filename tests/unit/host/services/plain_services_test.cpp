#include "host/services/plain_services.hpp"

#include <slipway/document.hpp>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/interfaces/storage.hpp>
#include <slipway/services.hpp>

#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::services {
namespace {

using runtime::await_on;

// Answers from memory and remembers what was asked.
class FakeCaller final : public bridge::Caller {
 public:
  struct Call {
    std::string binding;
    std::string interface;
    std::uint32_t method;
    std::string payload;
    bridge::CallContext context;
  };
  boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                   std::uint32_t method, std::string payload,
                                                   bridge::CallContext context) override {
    calls.push_back({std::string(binding), std::string(interface), method, payload, context});
    co_return answer(calls.back());
  }
  std::vector<Call> calls;
  std::function<Result<std::string>(const Call&)> answer = [](const Call&) { return std::string("{}"); };
};

class RecordingEvents final : public EventSink {
 public:
  void emit(const std::string& instance, const std::string& type, const Json& data) override {
    events.push_back(instance + " " + type + " " + to_text(data));
  }
  std::vector<std::string> events;
};

class PlainServicesTest : public ::testing::Test {
 protected:
  PlainServicesTest() {
    requester.instance = "hook";
    runtime.start();
  }
  Result<std::string> ask(Service& service, std::string method, std::string payload,
                          std::int64_t budget_ns = seconds(5).ns) {
    const Request request{requester, std::move(method), std::move(payload), budget_ns};
    return await_on(runtime, service.handle(request));
  }

  runtime::Runtime runtime{{.threads = 1}};
  Requester requester;
  FakeCaller caller;
};

TEST_F(PlainServicesTest, sleep_answers_after_its_time_and_at_the_deadline_at_the_latest) {
  TimersService timers;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(*ask(timers, "sleep", R"({"duration":"20ms"})"), "{}");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
  EXPECT_EQ(ask(timers, "sleep", R"({"duration":"1h"})", milliseconds(5).ns).status(),
            Status(Code::deadline_exceeded, "the call's deadline came before the end of the sleep"));
}

TEST_F(PlainServicesTest, an_unknown_method_and_a_malformed_request_are_refused) {
  TimersService timers;
  EXPECT_EQ(ask(timers, "nap", "{}").status(),
            Status(Code::unimplemented, "the service \"timers\" has no method \"nap\"; there are sleep"));
  const Status status = ask(timers, "sleep", "{}").status();
  EXPECT_EQ(status.code, Code::invalid_argument);
  EXPECT_EQ(status.problems, (Problems{{"/duration", "", "is missing"}}));
}

TEST_F(PlainServicesTest, an_event_reaches_the_sink_with_the_instances_name_when_it_is_granted) {
  RecordingEvents sink;
  EventsService events(sink);
  requester.permissions.events = {{"provider.*"}};
  EXPECT_EQ(ask(events, "emit", R"({"type":"rollout.failed","data":{}})").status().message,
            "instance \"hook\" is not allowed events \"rollout.failed\"; allow it under permissions.events in its "
            "plugin.json and in the profile");
  EXPECT_EQ(*ask(events, "emit", R"({"type":"provider.changed","data":{"group":"g"}})"), "{}");
  EXPECT_EQ(sink.events, std::vector<std::string>{R"(hook provider.changed {"group":"g"})"});
}

TEST_F(PlainServicesTest, a_binding_is_called_by_names_when_it_is_granted) {
  BindingsService bindings(caller);
  const std::string payload =
      R"({"binding":"store2","interface":"slipway.storage/1","method":"scan","payload":{"kind":"k"}})";
  EXPECT_EQ(ask(bindings, "call", payload).status().code, Code::permission_denied);
  requester.permissions.bindings.allowed = {"store2"};
  caller.answer = [](const auto&) { return std::string(R"({"records":[]})"); };
  EXPECT_EQ(*ask(bindings, "call", payload), R"({"payload":{"records":[]}})");
  EXPECT_EQ(caller.calls[0].binding, "store2");
  EXPECT_EQ(caller.calls[0].method, storage::Interface::index_of<storage::Scan>());
  EXPECT_EQ(caller.calls[0].payload, R"({"kind":"k"})");
  EXPECT_EQ(caller.calls[0].context.subject, "plugin:hook");
}

TEST_F(PlainServicesTest, a_binding_is_not_called_by_a_method_that_is_none) {
  BindingsService bindings(caller);
  requester.permissions.bindings.allowed = {"*"};
  EXPECT_EQ(ask(bindings, "call", R"({"binding":"s","interface":"slipway.secrets/1","method":"steal"})").status(),
            Status(Code::unimplemented, "slipway.secrets/1 has no method \"steal\"; there are resolve, list"));
}

TEST_F(PlainServicesTest, secrets_are_asked_of_the_binding_that_each_names) {
  requester.permissions.secrets.allowed = {"env:*", "file:token"};
  caller.answer = [](const FakeCaller::Call& call) {
    const auto asked = decode_text<secrets::ResolveRequest>(call.payload, "x");
    secrets::ResolveReply reply;
    for (const std::string& name : asked->names) reply.values[name] = call.binding + "/" + name + "!";
    return encode_text(reply);
  };
  SecretsService secrets(caller);
  const auto reply = ask(secrets, "resolve", R"({"tenant":"acme","references":["env:A","file:token","env:B"]})");
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(*reply,
            R"({"values":{"env:A":"secrets.env/A!","env:B":"secrets.env/B!","file:token":"secrets.file/token!"}})");
  EXPECT_EQ(caller.calls.size(), 2U);
  EXPECT_EQ(caller.calls[0].context.tenant, "acme");
}

TEST_F(PlainServicesTest, secrets_that_nobody_asked_for_are_handed_to_nobody_and_one_may_be_asked_for_twice) {
  requester.permissions.secrets.allowed = {"env:A"};
  SecretsService secrets(caller);
  const char* const request = R"({"tenant":"t","references":["env:A","env:A"]})";
  caller.answer = [](const FakeCaller::Call&) { return std::string(R"({"values":{"A":"a","B":"b"}})"); };
  EXPECT_EQ(*ask(secrets, "resolve", request), R"({"values":{"env:A":"a"}})");
  caller.answer = [](const FakeCaller::Call&) { return std::string(R"({"values":{"B":"b"}})"); };
  EXPECT_EQ(ask(secrets, "resolve", request).status(),
            Status(Code::internal, R"(secrets.env: its answer has no value for "A")"));
}

TEST_F(PlainServicesTest, a_binding_that_does_not_answer_for_secrets_in_time_is_named_also_to_who_could_wait_for_ever) {
  requester.permissions.secrets.allowed = {"env:A"};
  caller.answer = [](const FakeCaller::Call&) { return Status(Code::deadline_exceeded, "no answer"); };
  SecretsService secrets(caller);
  EXPECT_EQ(ask(secrets, "resolve", R"({"tenant":"t","references":["env:A"]})", SLIPWAY_NO_DEADLINE).status(),
            Status(Code::deadline_exceeded, "secrets.env: no answer"));
  ASSERT_EQ(caller.calls.size(), 1U);
  EXPECT_LE(caller.calls[0].context.budget_ns, seconds(10).ns);
  EXPECT_EQ(caller.calls[0].context.budget_ns % milliseconds(1).ns, 0);
}

TEST_F(PlainServicesTest, a_secret_that_is_not_granted_or_no_reference_reaches_no_binding) {
  SecretsService secrets(caller);
  requester.permissions.secrets.allowed = {"env:A"};
  EXPECT_EQ(ask(secrets, "resolve", R"({"tenant":"t","references":["env:A","env:B"]})").status().code,
            Code::permission_denied);
  EXPECT_EQ(ask(secrets, "resolve", R"({"tenant":"t","references":["nonsense"]})").status(),
            Status(Code::invalid_argument, "secrets.resolve: not every reference is one",
                   {{"/references/0", "\"nonsense\"", "want \"<binding>:<name>\", as in \"env:DB_PASSWORD\""}}));
  EXPECT_TRUE(caller.calls.empty());
}

TEST_F(PlainServicesTest, records_of_a_plugin_are_kept_under_its_instance) {
  requester.permissions.store.allowed = {"seen/"};
  caller.answer = [](const FakeCaller::Call&) { return std::string(R"({"versions":[3],"sequences":[]})"); };
  StoreService store(caller);
  EXPECT_EQ(*ask(store, "put", R"({"tenant":"acme","key":"seen/1","value":{"a":1},"expect_version":2})"),
            R"({"version":3})");
  const auto write = decode_text<storage::WriteRequest>(caller.calls[0].payload, "x");
  ASSERT_TRUE(write.ok());
  storage::Key key;
  key.tenant = "acme";
  key.kind = "plugin/hook";
  key.id = "seen/1";
  EXPECT_EQ(write->puts[0].key, key);
  EXPECT_EQ(write->puts[0].value, R"({"a":1})");
  EXPECT_EQ(write->expect[0].version, 2);
}

TEST_F(PlainServicesTest, a_record_is_read_back_and_an_absent_one_has_version_0) {
  requester.permissions.store.allowed = {""};
  StoreService store(caller);
  caller.answer = [](const FakeCaller::Call&) {
    return std::string(
        R"({"records":[{"key":{"tenant":"acme","kind":"plugin/hook","id":"k"},"value":"{\"a\":1}","version":7}]})");
  };
  EXPECT_EQ(*ask(store, "get", R"({"tenant":"acme","key":"k"})"), R"({"value":{"a":1},"version":7})");
  caller.answer = [](const FakeCaller::Call&) { return std::string(R"({"records":[]})"); };
  EXPECT_EQ(*ask(store, "get", R"({"tenant":"acme","key":"k"})"), R"({"version":0})");
}

TEST_F(PlainServicesTest, a_key_outside_the_granted_prefixes_is_refused) {
  requester.permissions.store.allowed = {"seen/"};
  StoreService store(caller);
  EXPECT_EQ(ask(store, "get", R"({"tenant":"acme","key":"other"})").status().code, Code::permission_denied);
  EXPECT_TRUE(caller.calls.empty());
}

}  // namespace
}  // namespace slipway::services
