#include <future>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

using test::literal_blob;

using InstanceLifecycleTest = InstanceTest;

TEST_F(InstanceLifecycleTest, the_plugin_gets_its_configuration) {
  std::string config;
  plugin.on_create = [&](std::string_view text, slipway_blob*) {
    config = text;
    return SLIPWAY_OK;
  };
  auto created = Instance::create(runtime, plugin.table(), nullptr,
                                  {.name = "echo", .plugin = "test-echo", .config = R"({"a":1})"}, sink);
  ASSERT_TRUE(created.ok());
  instance = *created;
  EXPECT_EQ(config, R"({"a":1})");
  EXPECT_EQ(instance->state(), State::created);
}

TEST_F(InstanceLifecycleTest, a_refused_creation_tells_the_plugins_reason) {
  plugin.on_create = [](std::string_view, slipway_blob* error) {
    *error = literal_blob(
        R"({"message":"no such zone","problems":[{"path":"/zone","value":"\"x\"","message":"is unknown"}]})");
    return SLIPWAY_INVALID_ARGUMENT;
  };
  EXPECT_EQ(create(Threading::serial).status(),
            Status(Code::invalid_argument, "echo: no such zone", {{"/zone", "\"x\"", "is unknown"}}));
}

TEST_F(InstanceLifecycleTest, a_refusal_without_a_reason_says_so) {
  plugin.on_create = [](std::string_view, slipway_blob*) { return SLIPWAY_UNAVAILABLE; };
  EXPECT_EQ(create(Threading::serial).status(),
            Status(Code::unavailable, "echo: test-echo gave no reason for refusing to create"));
}

TEST_F(InstanceLifecycleTest, an_exception_from_create_is_an_internal_error) {
  plugin.on_create = [](std::string_view, slipway_blob*) -> slipway_status { throw 7; };
  EXPECT_EQ(create(Threading::serial).status(),
            Status(Code::internal, "echo: an exception left the create function of test-echo"));
}

TEST_F(InstanceLifecycleTest, a_refused_start_tells_the_plugins_reason_and_takes_no_calls) {
  plugin.on_start = [](slipway_blob* error) {
    *error = literal_blob(R"({"message":"port 80 is taken"})");
    return SLIPWAY_UNAVAILABLE;
  };
  instance = *create(Threading::serial);
  EXPECT_EQ(await_on(runtime, instance->start(seconds(5))), Status(Code::unavailable, "echo: port 80 is taken"));
  EXPECT_EQ(call("x").status(), Status(Code::unavailable, "instance \"echo\" (test-echo) is not started yet"));
}

TEST_F(InstanceLifecycleTest, a_start_that_does_not_return_is_reported_at_its_deadline) {
  std::promise<void> gate;
  plugin.on_start = [&](slipway_blob*) {
    gate.get_future().wait();
    return SLIPWAY_OK;
  };
  instance = *create(Threading::serial);
  EXPECT_EQ(await_on(runtime, instance->start(milliseconds(20))),
            Status(Code::deadline_exceeded, "echo: start of test-echo did not return within 20ms"));
  gate.set_value();
}

TEST_F(InstanceLifecycleTest, stop_quiesces_then_destroys_and_later_calls_are_refused) {
  Collected<std::string> order;
  plugin.on_quiesce = [&] { order.add("quiesce"); };
  plugin.on_destroy = [&] { order.add("destroy"); };
  run(Threading::concurrent);
  EXPECT_EQ(stop(), Status());
  EXPECT_EQ(order.wait_for(2), (std::vector<std::string>{"quiesce", "destroy"}));
  EXPECT_EQ(instance->state(), State::stopped);
  EXPECT_EQ(call("x").status(), Status(Code::unavailable, "instance \"echo\" (test-echo) is stopped"));
}

TEST_F(InstanceLifecycleTest, an_instance_that_never_started_is_destroyed_without_quiesce) {
  Collected<std::string> order;
  plugin.on_quiesce = [&] { order.add("quiesce"); };
  plugin.on_destroy = [&] { order.add("destroy"); };
  instance = *create(Threading::serial);
  EXPECT_EQ(stop(), Status());
  EXPECT_EQ(order.wait_for(1), std::vector<std::string>{"destroy"});
}

TEST_F(InstanceLifecycleTest, open_calls_may_end_while_it_drains) {
  Collected<std::uint64_t> ids;
  plugin.on_invoke = [&](const slipway_call& call) { ids.add(call.id); };
  plugin.on_quiesce = [&] { plugin.complete(ids.wait_for(1)[0], SLIPWAY_OK, "in time"); };
  run(Threading::concurrent);
  call_later("x");
  ids.wait_for(1);
  EXPECT_EQ(stop(), Status());
  EXPECT_EQ(*results.wait_for(1)[0], "in time");
}

TEST_F(InstanceLifecycleTest, open_calls_are_cancelled_and_then_answered_unavailable_once) {
  Collected<std::uint64_t> ids;
  Collected<std::uint64_t> cancelled;
  plugin.on_invoke = [&](const slipway_call& call) { ids.add(call.id); };
  plugin.on_cancel = [&](std::uint64_t id) { cancelled.add(id); };
  plugin.on_destroy = [&] {
    for (const std::uint64_t id : ids.wait_for(3)) plugin.complete(id, SLIPWAY_OK, "too late");
  };
  run(Threading::serial);
  for (int i = 0; i < 3; ++i) call_later("x");
  ids.wait_for(3);
  EXPECT_EQ(stop({.drain = milliseconds(1), .cancel = milliseconds(5), .patience = seconds(5)}), Status());
  const auto ended = results.wait_for(3);
  for (const auto& result : ended) {
    EXPECT_EQ(result.status(),
              Status(Code::unavailable, "instance \"echo\" (test-echo) was stopped before it answered"));
  }
  EXPECT_GE(cancelled.size(), 3U);
  EXPECT_EQ(instance->refused_completions().late, 3U);
  EXPECT_EQ(results.size(), 3U);
}

TEST_F(InstanceLifecycleTest, code_that_does_not_return_keeps_the_library_and_is_named) {
  std::promise<void> gate;
  Collected<int> entered;
  Collected<int> destroyed;
  auto library = std::make_shared<int>(1);
  const std::weak_ptr<int> mapped = library;
  plugin.on_invoke = [&](const slipway_call&) {
    entered.add(1);
    gate.get_future().wait();
  };
  plugin.on_destroy = [&] { destroyed.add(1); };
  instance = *Instance::create(runtime, plugin.table(), std::move(library),
                               {.name = "echo", .plugin = "test-echo", .threading = Threading::blocking}, sink);
  ASSERT_EQ(await_on(runtime, instance->start(seconds(5))), Status());
  call_later("x");
  entered.wait_for(1);
  // The patience is long enough that a busy machine gets to quiesce within it.
  EXPECT_EQ(stop({.drain = milliseconds(1), .cancel = milliseconds(1), .patience = milliseconds(300)}),
            Status(Code::deadline_exceeded, "echo: code of test-echo did not return within 300ms; it stays loaded"));
  EXPECT_EQ(results.wait_for(1)[0].status().code, Code::unavailable);
  instance.reset();
  EXPECT_FALSE(mapped.expired());

  gate.set_value();
  destroyed.wait_for(1);
}

TEST_F(InstanceLifecycleTest, a_quiesce_or_destroy_that_does_not_return_is_named) {
  for (const std::string what : {"quiesce", "destroy"}) {
    std::promise<void> gate;
    Collected<int> over;
    plugin.on_quiesce = [&] {
      if (what == "quiesce") gate.get_future().wait();
    };
    plugin.on_destroy = [&] {
      if (what == "destroy") gate.get_future().wait();
      over.add(1);
    };
    run(Threading::serial);
    EXPECT_EQ(stop({.drain = milliseconds(1), .cancel = milliseconds(1), .patience = milliseconds(300)}),
              Status(Code::deadline_exceeded,
                     "echo: " + what + " of test-echo did not return within 300ms; it stays loaded"));
    gate.set_value();
    over.wait_for(1);
  }
}

TEST_F(InstanceLifecycleTest, the_library_stays_mapped_until_the_last_call_is_over) {
  auto library = std::make_shared<int>(1);
  const std::weak_ptr<int> mapped = library;
  plugin.on_invoke = [&](const slipway_call& call) { plugin.complete(call.id, SLIPWAY_OK, "bytes"); };
  auto held = *Instance::create(runtime, plugin.table(), std::move(library),
                                {.name = "echo", .plugin = "test-echo", .threading = Threading::concurrent}, sink);
  ASSERT_EQ(await_on(runtime, held->start(seconds(5))), Status());
  Reply reply;
  EXPECT_EQ(held->call({}, {}, nullptr, reply).id, 0U);
  EXPECT_EQ(held->open_calls(), 1U);
  EXPECT_EQ(reply.answer().payload, "bytes");
  reply.reset();
  EXPECT_EQ(held->open_calls(), 0U);
  ASSERT_EQ(await_on(runtime, held->stop({})), Status());
  EXPECT_FALSE(mapped.expired());
  held.reset();
  EXPECT_TRUE(test::eventually([&] { return mapped.expired(); }))
      << "a thread of the runtime may have been the last to know it";
}

#ifndef NDEBUG
TEST_F(InstanceLifecycleTest, a_debug_build_notes_host_functions_used_in_a_wrong_state) {
  instance = *create(Threading::serial);
  plugin.complete(1, SLIPWAY_OK, "");
  EXPECT_EQ(instance->breaches(), 1U);
  EXPECT_EQ(sink->logs.wait_for(1)[0].message, "the plugin called complete before its start");
}
#endif

}  // namespace
}  // namespace slipway::runtime
