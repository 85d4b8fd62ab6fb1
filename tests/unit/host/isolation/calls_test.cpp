#include <gmock/gmock.h>

#include <set>
#include <slipway/testing/library.hpp>

#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

using testing::HasSubstr;

class IsolatedCalls : public IsolatedTest {};

TEST_F(IsolatedCalls, a_call_is_answered_by_another_process) {
  run();
  EXPECT_EQ(say("echo hello"), "hello");
  EXPECT_EQ(say("pid"), std::to_string(worker->status().process));
  EXPECT_NE(say("pid"), std::to_string(::getpid()));
}

TEST_F(IsolatedCalls, the_configuration_reaches_the_plugin) {
  settings.config = R"({"a":1})";
  run();
  EXPECT_EQ(say("config"), R"({"a":1})");
}

TEST_F(IsolatedCalls, every_threading_answers_calls_that_overlap) {
  for (const auto threading :
       {runtime::Threading::serial, runtime::Threading::concurrent, runtime::Threading::blocking}) {
    settings.threading = threading;
    run();
    for (int i = 0; i < 200; ++i) call_later("echo " + std::to_string(i));
    std::set<std::string> answers;
    for (const auto& result : results.wait_for(200)) answers.insert(result.ok() ? *result : to_string(result.status()));
    EXPECT_EQ(answers.size(), 200U);
    EXPECT_TRUE(answers.contains("199")) << *answers.begin();
    ASSERT_EQ(stop(), Status());
    instance.reset();
    results.clear();
  }
}

TEST_F(IsolatedCalls, a_call_of_a_blocking_plugin_does_not_hold_up_another) {
  settings.threading = runtime::Threading::blocking;
  run();
  call_later("hang", seconds(1));
  EXPECT_EQ(say("echo beside"), "beside");
  EXPECT_EQ(results.wait_for(1)[0].status().code, Code::deadline_exceeded);
}

TEST_F(IsolatedCalls, a_deadline_is_kept_when_the_plugin_does_not_answer) {
  run();
  EXPECT_EQ(to_string(call("never", milliseconds(50)).status()),
            "DEADLINE_EXCEEDED: instance \"tricks\" (gate-worker_tricks) did not answer within 50ms");
  // The plugin has heard of it and given the call back.
  EXPECT_TRUE(eventually([&] { return instance->zombies() == 0; }));
}

TEST_F(IsolatedCalls, log_and_metric_come_out_at_the_sink_of_the_host) {
  run();
  EXPECT_EQ(say("talk"), "said");
  EXPECT_EQ(sink->logs.wait_for(1)[0].message, "a word");
  EXPECT_EQ(sink->metrics.wait_for(1)[0], R"(words{"b":"c"}=2.500000)");
}

TEST_F(IsolatedCalls, a_request_goes_to_the_host_and_its_answer_back) {
  sink->respond = [](runtime::HostRequest request, runtime::Answerer answer) {
    answer.succeed(request.service + "." + request.method + " " + std::to_string(request.payload.size()));
  };
  run();
  EXPECT_EQ(say("ask 5"), "0 test.ask 5");
  EXPECT_EQ(say("ask 300000"), "0 test.ask 300000");
}

TEST_F(IsolatedCalls, a_request_that_is_too_large_is_refused_in_the_words_of_the_host) {
  settings.limits.request_bytes = 1000;
  run();
  EXPECT_EQ(say("ask 2000"), R"(3 {"message":"the request has 2000 bytes, at most 1000 are allowed","problems":[]})");
}

TEST_F(IsolatedCalls, an_answer_of_the_host_that_is_too_large_is_one_error_as_in_the_host) {
  sink->respond = [](runtime::HostRequest request, runtime::Answerer answer) {
    answer.succeed(std::string(request.payload.size() * 9, 'a'));
  };
  run();
  EXPECT_EQ(say("ask 1048576"),
            R"(8 {"message":"the answer to the request has 9437184 bytes, at most 8388608 are allowed; )"
            R"(ask for less at a time","problems":[]})");
  EXPECT_EQ(say("ask 2"), "0 " + std::string(18, 'a'));
  EXPECT_EQ(worker->status().restarts, 0U);
}

TEST_F(IsolatedCalls, an_answer_of_the_host_may_be_larger_than_a_call_or_a_reply) {
  sink->respond = [](runtime::HostRequest, runtime::Answerer answer) {
    answer.succeed(std::string(std::size_t{4} << 20, 'a'));
  };
  isolation.call_bytes = std::uint64_t{1} << 20;
  settings.limits.reply_bytes = 100;
  run();
  EXPECT_EQ(
      say("ask 2"),
      "RESOURCE_EXHAUSTED: the reply of instance \"tricks\" (gate-worker_tricks) has 4194306 bytes, at most 100 are "
      "allowed");
  EXPECT_EQ(worker->status().restarts, 0U);
}

TEST_F(IsolatedCalls, a_record_of_any_size_costs_no_worker) {
  run();
  EXPECT_EQ(say("talk_long 10000000"), "said");
  // One more than is kept, so that the host sees what is too long.
  EXPECT_EQ(sink->logs.wait_for(1)[0].message, std::string(65'537, 'z'));
  EXPECT_EQ(sink->metrics.wait_for(1)[0].size(), 2 * 65'537 + std::string("=1.000000").size());
  EXPECT_EQ(worker->status().restarts, 0U);
}

TEST_F(IsolatedCalls, a_wake_comes_back_to_the_plugin) {
  run();
  EXPECT_EQ(say("wake"), "awake");
}

TEST_F(IsolatedCalls, a_second_completion_is_refused_and_counted) {
  run();
  EXPECT_EQ(say("twice"), "once");
  EXPECT_TRUE(eventually([&] { return instance->refused_completions().repeated == 1; }));
}

TEST_F(IsolatedCalls, a_reply_of_several_frames_arrives_whole) {
  run();
  EXPECT_EQ(say("reply 1000000"), std::string(1000000, 'z'));
  EXPECT_EQ(say("echo " + std::string(500000, 'y')), std::string(500000, 'y'));
}

TEST_F(IsolatedCalls, a_reply_above_the_limit_costs_its_caller_an_error_and_nobody_else) {
  run();
  EXPECT_EQ(say("reply 67108864"),
            "RESOURCE_EXHAUSTED: the reply of instance \"tricks\" (gate-worker_tricks) has 67108864 bytes, at most "
            "4194304 are allowed");
  EXPECT_EQ(say("echo still"), "still");
}

TEST_F(IsolatedCalls, a_call_above_the_limit_is_refused_before_it_is_sent) {
  run();
  EXPECT_EQ(say("echo " + std::string(std::size_t{64} << 20, 'x')),
            "RESOURCE_EXHAUSTED: the call has 67108869 bytes, its worker takes at most 8388608");
  EXPECT_EQ(say("echo still"), "still");
}

TEST_F(IsolatedCalls, what_the_limits_allow_is_carried_while_short_calls_go_on) {
  isolation.call_bytes = settings.limits.reply_bytes = std::uint64_t{65} << 20;
  settings.threading = runtime::Threading::blocking;
  run();
  call_later("echo " + std::string(std::size_t{64} << 20, 'x'));
  EXPECT_EQ(say("echo beside"), "beside");
  EXPECT_EQ(results.wait_for(1)[0]->size(), std::size_t{64} << 20);
}

TEST_F(IsolatedCalls, an_instance_that_stops_takes_its_worker_with_it) {
  run();
  const pid_t process = worker->status().process;
  ASSERT_EQ(stop(), Status());
  // It has ended; who reaps it may be a moment behind.
  EXPECT_TRUE(eventually([&] { return ::kill(process, 0) == -1; }));
  EXPECT_EQ(worker->status().state, WorkerState::stopped);
  instance.reset();
}

TEST_F(IsolatedCalls, a_plugin_that_refuses_its_creation_says_why) {
  EXPECT_EQ(to_string(make("create_fails").status()),
            to_string(runtime::Instance::create(
                          runtime, test::Library(std::string(SLIPWAY_FIXTURES) + "/create_fails.so").table(), nullptr,
                          {.name = "tricks", .plugin = "gate-create_fails"}, sink)
                          .status()));
}

TEST_F(IsolatedCalls, a_table_of_another_major_is_refused_in_the_worker) {
  EXPECT_THAT(to_string(make("table_of_another_major").status()),
              HasSubstr("its table is of ABI 2.0; this host speaks 1.0"));
}

TEST_F(IsolatedCalls, a_library_that_does_not_bind_is_refused_in_the_worker) {
  EXPECT_THAT(to_string(make("undefined_symbol").status()), HasSubstr("tricks: cannot be mapped: "));
}

TEST_F(IsolatedCalls, interfaces_that_plugin_json_does_not_name_are_refused) {
  loader::VerifiedPackage package = package_of("sound");
  package.package.manifest.interfaces = {"slipway.notifier/1"};
  const auto made = make_isolated(runtime, package, granted, settings, sink, isolation);
  EXPECT_EQ(to_string(made.status()),
            "FAILED_PRECONDITION: tricks: provides slipway.gate/1, its plugin.json says slipway.notifier/1; make them "
            "equal, in the same order");
}

TEST_F(IsolatedCalls, a_plugin_that_starts_programs_is_refused) {
  loader::VerifiedPackage package = package_of("sound");
  package.package.manifest.permissions.processes.allowed = {"*"};
  const auto made = make_isolated(runtime, package, granted, settings, sink, isolation);
  EXPECT_EQ(to_string(made.status()),
            "FAILED_PRECONDITION: tricks: gate-sound asks for the permission \"processes\", and no isolated plugin "
            "starts programs; leave out \"placement\" to run it in the process of the host");
}

TEST_F(IsolatedCalls, a_worker_that_is_not_there_is_named) {
  isolation.program.path = "/nowhere/slipway-worker";
  EXPECT_EQ(to_string(make().status()),
            "UNAVAILABLE: tricks: the worker /nowhere/slipway-worker cannot be started: No such file or directory");
}

}  // namespace
}  // namespace slipway::isolation
