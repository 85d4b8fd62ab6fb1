#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

using test::eventually;
using test::text_of;

class InstanceCallsTest : public InstanceTest, public ::testing::WithParamInterface<Threading> {};
INSTANTIATE_TEST_SUITE_P(threading, InstanceCallsTest,
                         ::testing::Values(Threading::serial, Threading::concurrent, Threading::blocking),
                         [](const auto& suite) {
                           return suite.param == Threading::serial       ? "serial"
                                  : suite.param == Threading::concurrent ? "concurrent"
                                                                         : "blocking";
                         });

TEST_P(InstanceCallsTest, an_answer_inside_invoke_reaches_the_caller) {
  plugin.on_invoke = [&](const slipway_call& call) {
    plugin.complete(call.id, SLIPWAY_OK, "echo " + std::string(text_of(call.payload)));
  };
  run(GetParam());
  const auto reply = call("hello");
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(*reply, "echo hello");
}

TEST_P(InstanceCallsTest, an_answer_from_another_thread_after_invoke_reaches_the_caller) {
  std::thread worker;
  plugin.on_invoke = [&](const slipway_call& call) {
    worker = std::thread([this, id = call.id] { plugin.complete(id, SLIPWAY_OK, "later"); });
  };
  run(GetParam());
  EXPECT_EQ(*call("x"), "later");
  worker.join();
}

TEST_P(InstanceCallsTest, an_answer_from_another_thread_while_invoke_still_runs_reaches_the_caller) {
  plugin.on_invoke = [&](const slipway_call& call) {
    std::thread([&] { plugin.complete(call.id, SLIPWAY_OK, "meanwhile"); }).join();
  };
  run(GetParam());
  EXPECT_EQ(*call("x"), "meanwhile");
}

TEST_P(InstanceCallsTest, the_plugin_gets_the_method_the_trace_and_the_principal) {
  Collected<std::string> seen;
  plugin.on_invoke = [&](const slipway_call& call) {
    seen.add(std::to_string(call.interface_index) + "." + std::to_string(call.method) + " " +
             std::string(text_of(call.traceparent)) + " " + std::string(text_of(call.tenant)) + " " +
             std::string(text_of(call.subject)) + " " + std::string(text_of(call.roles)));
    plugin.complete(call.id, SLIPWAY_OK, "");
  };
  run(GetParam());
  CallRequest request{.interface_index = 1,
                      .method = 3,
                      .budget_ns = seconds(10).ns,
                      .payload = "{}",
                      .traceparent = "00-1-2-01",
                      .tenant = "acme",
                      .subject = "ann",
                      .roles = "admin,dev"};
  EXPECT_TRUE(await_on(runtime, async_call(instance, std::move(request))).ok());
  EXPECT_EQ(seen.wait_for(1)[0], "1.3 00-1-2-01 acme ann admin,dev");
}

TEST_P(InstanceCallsTest, the_plugin_is_told_how_much_time_remains) {
  Collected<std::int64_t> budgets;
  plugin.on_invoke = [&](const slipway_call& call) {
    budgets.add(call.budget_ns);
    plugin.complete(call.id, SLIPWAY_OK, "");
  };
  run(GetParam());
  EXPECT_TRUE(call("", seconds(9).ns).ok());
  EXPECT_TRUE(call("", SLIPWAY_NO_DEADLINE).ok());
  const auto seen = budgets.wait_for(2);
  EXPECT_GT(seen[0], 0);
  EXPECT_LE(seen[0], seconds(9).ns);
  EXPECT_EQ(seen[1], SLIPWAY_NO_DEADLINE);
}

TEST_P(InstanceCallsTest, at_the_deadline_the_caller_is_answered_and_the_plugin_is_told_to_cancel) {
  Collected<std::uint64_t> invoked;
  Collected<std::uint64_t> cancelled;
  plugin.on_invoke = [&](const slipway_call& call) { invoked.add(call.id); };
  plugin.on_cancel = [&](std::uint64_t id) { cancelled.add(id); };
  run(GetParam());
  // Long enough that a busy machine brings the call to the plugin before.
  EXPECT_EQ(call("x", milliseconds(300).ns).status(),
            Status(Code::deadline_exceeded, "instance \"echo\" (test-echo) did not answer within 300ms"));
  const std::uint64_t id = invoked.wait_for(1)[0];
  EXPECT_EQ(cancelled.wait_for(1)[0], id);
  EXPECT_EQ(plugin.host().is_cancelled(plugin.host().context, id), 1U);
  EXPECT_EQ(instance->zombies(), 1U);

  plugin.complete(id, SLIPWAY_OK, "too late");
  EXPECT_EQ(instance->zombies(), 0U);
  EXPECT_EQ(instance->refused_completions().late, 1U);
}

TEST_P(InstanceCallsTest, a_call_without_time_left_does_not_reach_the_plugin) {
  Collected<std::uint64_t> invoked;
  plugin.on_invoke = [&](const slipway_call& call) { invoked.add(call.id); };
  run(GetParam());
  EXPECT_EQ(call("x", 0).status(),
            Status(Code::deadline_exceeded, "the deadline had passed before instance \"echo\" (test-echo) was called"));
  EXPECT_EQ(invoked.size(), 0U);
}

TEST_P(InstanceCallsTest, second_and_invented_completions_are_refused_counted_and_their_bytes_released) {
  std::atomic<int> released{0};
  const auto blob = [&] {
    return slipway_blob{nullptr, 0, &released, [](void* owner) { ++*static_cast<std::atomic<int>*>(owner); }};
  };
  Collected<std::uint64_t> ids;
  plugin.on_invoke = [&](const slipway_call& call) {
    const slipway_host& host = plugin.host();
    host.complete(host.context, call.id, SLIPWAY_OK, blob());
    host.complete(host.context, call.id, SLIPWAY_OK, blob());
    ids.add(call.id);
  };
  run(GetParam());
  EXPECT_TRUE(call("x").ok());
  const std::uint64_t id = ids.wait_for(1)[0];
  const slipway_host& host = plugin.host();
  host.complete(host.context, id, SLIPWAY_OK, blob());
  host.complete(host.context, 0, SLIPWAY_OK, blob());
  host.complete(host.context, id + (std::uint64_t{1} << 16), SLIPWAY_OK, blob());
  host.complete(host.context, id ^ (std::uint64_t{1} << 60), SLIPWAY_OK, blob());
  const RefusedCompletions refused = instance->refused_completions();
  EXPECT_EQ(refused.repeated, 2U);
  EXPECT_EQ(refused.unknown, 3U);
  EXPECT_EQ(refused.late, 0U);
  // The first one's bytes may be released a moment after the caller has them.
  EXPECT_TRUE(eventually([&] { return released == 6; })) << released;
}

TEST_P(InstanceCallsTest, an_error_document_becomes_a_status_with_its_problems) {
  plugin.on_invoke = [&](const slipway_call& call) {
    plugin.complete(call.id, SLIPWAY_INVALID_ARGUMENT,
                    R"({"message":"bad step","problems":[{"path":"/steps/0","value":"7","message":"want a weight"}]})");
  };
  run(GetParam());
  EXPECT_EQ(call("x").status(), Status(Code::invalid_argument, "bad step", {{"/steps/0", "7", "want a weight"}}));
}

TEST_P(InstanceCallsTest, a_status_that_is_none_is_an_internal_error) {
  plugin.on_invoke = [&](const slipway_call& call) { plugin.complete(call.id, 99, "{}"); };
  run(GetParam());
  EXPECT_EQ(call("x").status(),
            Status(Code::internal,
                   "instance \"echo\" (test-echo) answered with status 99, which is none; there are 0 to 16"));
}

TEST_P(InstanceCallsTest, a_reply_larger_than_allowed_is_refused_by_name) {
  plugin.on_invoke = [&](const slipway_call& call) {
    plugin.complete(call.id, SLIPWAY_OK, std::string(call.payload.size, 'x'));
  };
  run(GetParam(), {.reply_bytes = 10});
  EXPECT_TRUE(call(std::string(10, 'x')).ok());
  EXPECT_EQ(call(std::string(11, 'x')).status(),
            Status(Code::resource_exhausted,
                   "the reply of instance \"echo\" (test-echo) has 11 bytes, at most 10 are allowed"));
}

TEST_P(InstanceCallsTest, more_open_calls_than_allowed_are_refused) {
  Collected<std::uint64_t> ids;
  plugin.on_invoke = [&](const slipway_call& call) { ids.add(call.id); };
  run(GetParam(), {.open_calls = 2});
  call_later("a");
  call_later("b");
  const auto open = ids.wait_for(2);
  EXPECT_EQ(call("c").status(), Status(Code::resource_exhausted,
                                       "instance \"echo\" (test-echo) has 2 open calls, the most that it may have"));
  EXPECT_EQ(instance->refused_calls(), 1U);
  for (const std::uint64_t id : open) plugin.complete(id, SLIPWAY_OK, "");
  results.wait_for(2);
}

TEST_P(InstanceCallsTest, as_many_calls_as_allowed_are_open_at_once) {
  constexpr std::uint32_t kAllowed = 150;
  Collected<std::uint64_t> ids;
  plugin.on_invoke = [&](const slipway_call& call) { ids.add(call.id); };
  run(GetParam(), {.open_calls = kAllowed});
  for (std::uint32_t i = 0; i < kAllowed; ++i) call_later("x");
  const auto open = ids.wait_for(kAllowed);
  EXPECT_EQ(std::set(open.begin(), open.end()).size(), kAllowed);
  EXPECT_EQ(instance->open_calls(), kAllowed);
  EXPECT_EQ(call("one more").status().code, Code::resource_exhausted);
  for (const std::uint64_t id : open) plugin.complete(id, SLIPWAY_OK, "");
  for (const auto& result : results.wait_for(kAllowed)) EXPECT_TRUE(result.ok());
  EXPECT_EQ(instance->refused_completions().unknown, 0U);
}

TEST_P(InstanceCallsTest, cancelling_the_coroutine_cancels_the_call) {
  Collected<std::uint64_t> invoked;
  Collected<std::uint64_t> cancelled;
  plugin.on_invoke = [&](const slipway_call& call) { invoked.add(call.id); };
  plugin.on_cancel = [&](std::uint64_t id) {
    cancelled.add(id);
    plugin.complete(id, SLIPWAY_CANCELLED, "");
  };
  run(GetParam());
  boost::asio::cancellation_signal signal;
  auto strand = boost::asio::make_strand(runtime.executor());
  boost::asio::co_spawn(strand, collect("x", seconds(10).ns),
                        boost::asio::bind_cancellation_slot(signal.slot(), boost::asio::detached));
  invoked.wait_for(1);
  boost::asio::post(strand, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  EXPECT_EQ(results.wait_for(1)[0].status(),
            Status(Code::cancelled, "the call of instance \"echo\" (test-echo) was given up by its caller"));
  cancelled.wait_for(1);
}

TEST_P(InstanceCallsTest, the_coroutine_resumes_on_its_own_executor) {
  std::thread worker;
  plugin.on_invoke = [&](const slipway_call& call) {
    worker = std::thread([this, id = call.id] { plugin.complete(id, SLIPWAY_OK, ""); });
  };
  run(GetParam());
  auto strand = boost::asio::make_strand(runtime.executor());
  const auto body = [&]() -> boost::asio::awaitable<bool> {
    CallRequest request{.budget_ns = seconds(10).ns};
    (void)co_await async_call(instance, std::move(request));
    co_return strand.running_in_this_thread();
  };
  EXPECT_TRUE(boost::asio::co_spawn(strand, body, boost::asio::use_future).get());
  worker.join();
}

using SerialCallsTest = InstanceTest;

TEST_F(SerialCallsTest, calls_of_a_serial_instance_never_overlap) {
  std::atomic<int> inside{0};
  std::atomic<int> overlaps{0};
  plugin.on_invoke = [&](const slipway_call& call) {
    if (inside.fetch_add(1) != 0) ++overlaps;
    plugin.complete(call.id, SLIPWAY_OK, "");
    inside.fetch_sub(1);
  };
  run(Threading::serial);
  for (int i = 0; i < 500; ++i) call_later("x");
  results.wait_for(500);
  EXPECT_EQ(overlaps.load(), 0);
}

TEST_F(SerialCallsTest, a_call_whose_deadline_passes_in_the_queue_never_reaches_the_plugin) {
  std::promise<void> gate;
  Collected<std::string> invoked;
  plugin.on_invoke = [&](const slipway_call& call) {
    invoked.add(std::string(text_of(call.payload)));
    if (text_of(call.payload) == "first") gate.get_future().wait();
    plugin.complete(call.id, SLIPWAY_OK, "");
  };
  run(Threading::serial);
  call_later("first");
  invoked.wait_for(1);
  EXPECT_EQ(call("second", milliseconds(20).ns).status().code, Code::deadline_exceeded);
  gate.set_value();
  results.wait_for(1);
  EXPECT_TRUE(call("third").ok());
  EXPECT_EQ(invoked.wait_for(2), (std::vector<std::string>{"first", "third"}));
  EXPECT_EQ(instance->zombies(), 0U);
}

using BlockingCallsTest = InstanceTest;

TEST_F(BlockingCallsTest, a_call_that_blocks_does_not_keep_its_caller_beyond_the_deadline) {
  std::promise<void> gate;
  plugin.on_invoke = [&](const slipway_call& call) {
    gate.get_future().wait();
    plugin.complete(call.id, SLIPWAY_OK, "");
  };
  run(Threading::blocking);
  EXPECT_EQ(call("x", milliseconds(20).ns).status().code, Code::deadline_exceeded);
  gate.set_value();
}

TEST_F(BlockingCallsTest, calls_that_gave_up_waiting_for_a_thread_do_not_pile_up_without_end) {
  std::promise<void> gate;
  Collected<int> entered;
  plugin.on_invoke = [&](const slipway_call& call) {
    entered.add(1);
    gate.get_future().wait();
    plugin.complete(call.id, SLIPWAY_OK, "");
  };
  run(Threading::blocking, {.open_calls = 2, .blocking_threads = 1});
  call_later("stuck");
  entered.wait_for(1);
  // Which bound is met first, that of open calls or that of the queue, is a matter of time; the queue's is met at last.
  const Status full(Code::resource_exhausted, "instance \"echo\" (test-echo) has no thread free and its queue is full");
  Status status;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (status != full && std::chrono::steady_clock::now() < patience) status = call("x", milliseconds(1).ns).status();
  EXPECT_EQ(status, full);
  gate.set_value();
  results.wait_for(1);
}

TEST_F(BlockingCallsTest, calls_run_beside_each_other_up_to_the_number_of_threads) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::promise<void> gate;
  const std::shared_future<void> open(gate.get_future());
  Collected<int> entered;
  plugin.on_invoke = [&](const slipway_call& call) {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    entered.add(now);
    open.wait();
    --inside;
    plugin.complete(call.id, SLIPWAY_OK, "");
  };
  run(Threading::blocking, {.blocking_threads = 3});
  for (int i = 0; i < 6; ++i) call_later("x");
  entered.wait_for(3);
  gate.set_value();
  results.wait_for(6);
  EXPECT_EQ(most.load(), 3);
}

}  // namespace
}  // namespace slipway::runtime
