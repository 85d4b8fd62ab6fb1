#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "host/isolation/worker_process.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

using testing::StartsWith;

class WorkerLives : public IsolatedTest {
 protected:
  void kill_worker() const { ::kill(worker->status().process, SIGKILL); }
};

// A worker of which there is nothing but its end of a socket, on a host that has no descriptor left from then on.
class LastDescriptor final : public Launcher {
 public:
  ~LastDescriptor() override { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Result<Launched> launch() override {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const loader::Descriptor its(ends[1]);
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{1, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    return Launched{loader::Descriptor(ends[0]), nullptr};
  }

 private:
  rlimit before_{};
};

TEST_F(WorkerLives, a_host_without_a_descriptor_left_says_so_and_lives) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's own look at virtual tables takes a pipe";
#endif
  // Asio's own descriptors are there before a worker's.
  const boost::asio::local::stream_protocol::socket descriptor(runtime.executor());
  const auto link = std::make_shared<WorkerLink>(LinkSettings{}, runtime, std::make_unique<LastDescriptor>(),
                                                 std::make_shared<base::SeededRandom>(7));
  EXPECT_EQ(to_string(link->open().status()), "UNAVAILABLE: no descriptor for a worker: Too many open files");
}

// Its first worker is a real one; those that follow never say a word.
class SilentAfterwards final : public Launcher {
 public:
  explicit SilentAfterwards(loader::StoredFile library) : real_({.path = SLIPWAY_WORKER}, std::move(library)) {}
  Result<Launched> launch() override {
    if (launches++ == 0) return real_.launch();
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    silent_ = loader::Descriptor(ends[1]);
    return Launched{loader::Descriptor(ends[0]), nullptr};
  }
  std::atomic<int> launches{0};

 private:
  WorkerLauncher real_;
  loader::Descriptor silent_;
};

TEST_F(WorkerLives, the_end_of_an_instance_does_not_wait_for_a_worker_that_is_being_started_again) {
  LinkSettings patient;
  patient.setup = [](pid_t) { return slipway::isolation::Setup{}; };
  patient.restart.first = milliseconds(1);
  patient.patience = patient.end = seconds(60);
  auto launcher = std::make_unique<SilentAfterwards>(std::move(package_of("sound").library));
  const std::atomic<int>& launches = launcher->launches;
  const auto link =
      std::make_shared<WorkerLink>(patient, runtime, std::move(launcher), std::make_shared<base::SeededRandom>(7));
  const slipway_host host{};
  slipway_blob error{};
  ASSERT_TRUE(link->open().ok());
  ASSERT_EQ(link->create(&host, {}, &error), SLIPWAY_OK);
  ASSERT_EQ(link->start(&error), SLIPWAY_OK);
  ::kill(link->status().process, SIGKILL);
  ASSERT_TRUE(eventually([&] { return launches == 2; }));
  const auto begun = std::chrono::steady_clock::now();
  link->destroy();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
}

TEST_F(WorkerLives, open_calls_of_a_worker_that_is_killed_are_answered_once_with_unavailable) {
  run();
  for (int i = 0; i < 20; ++i) call_later("never");
  ASSERT_TRUE(eventually([&] { return instance->open_calls() == 20; }));
  EXPECT_EQ(say("echo reached"), "reached");
  kill_worker();
  for (const auto& result : results.wait_for(20)) {
    EXPECT_EQ(result.status().code, Code::unavailable);
    EXPECT_THAT(result.status().message, StartsWith("its worker ended by signal 9 (Killed)"));
  }
  EXPECT_TRUE(runs_again());
  EXPECT_EQ(say("echo again"), "again");
  EXPECT_EQ(results.size(), 20U);
  EXPECT_EQ(instance->open_calls(), 0U);
  EXPECT_EQ(instance->zombies(), 0U);
  EXPECT_EQ(worker->status().restarts, 1U);
}

TEST_F(WorkerLives, every_way_to_end_is_told_and_mended) {
  const std::pair<const char*, const char*> ways[] = {
      {"die", "its worker ended by signal 9 (Killed); the next start is in "},
      {"abort", "its worker ended by signal 6 (Aborted); the next start is in "},
      {"exit", "its worker exited with status 3; the next start is in "},
      {"rubbish", "its worker sent what is no frame; the next start is in "}};
  run();
  for (const auto& [word, reason] : ways) {
    EXPECT_THAT(call(word).status().message, StartsWith(reason));
    ASSERT_TRUE(runs_again());
    EXPECT_EQ(say("echo again"), "again");
  }
}

TEST_F(WorkerLives, a_worker_that_hangs_is_killed_and_started_again) {
  isolation.heartbeat = milliseconds(20);
  isolation.hang = milliseconds(300);
  run();
  EXPECT_THAT(call("hang").status().message, StartsWith("its worker did not react for 300ms"));
  ASSERT_TRUE(runs_again());
  EXPECT_EQ(say("echo again"), "again");
}

TEST_F(WorkerLives, a_flood_is_slowed_down_and_ends_with_the_instance) {
  run();
  const auto begun = std::chrono::steady_clock::now();
  call_later("flood", milliseconds(1000));
  EXPECT_EQ(results.wait_for(1)[0].status().code, Code::deadline_exceeded);
  const auto passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  // The allowance of a second at once, and then that much each second.
  EXPECT_LT(static_cast<double>(sink->logs.size()), 20'000 * (passed + 2));
}

TEST_F(WorkerLives, a_new_life_gets_the_state_that_the_last_one_was_given) {
  run();
  const std::uint32_t plugin = *instance->interface_index("slipway.plugin/1");
  ASSERT_TRUE(call("remember this", seconds(5), plugin, 3).ok());
  EXPECT_EQ(say("state"), "remember this");
  kill_worker();
  ASSERT_TRUE(eventually([&] { return worker->status().restarts == 1; }));
  ASSERT_TRUE(runs_again());
  EXPECT_EQ(say("state"), "remember this");
}

TEST_F(WorkerLives, a_crash_loop_opens_the_circuit_and_says_so) {
  isolation.restart = {.first = milliseconds(1), .longest = milliseconds(2), .crashes = 3, .circuit = seconds(60)};
  run();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(runs_again());
    EXPECT_FALSE(call("abort").ok());
  }
  EXPECT_EQ(worker->status().state, WorkerState::broken);
  EXPECT_THAT(worker->status().reason,
              StartsWith("ended by signal 6 (Aborted), 3 times in a row; the next start is in "));
  EXPECT_THAT(
      say("echo hello"),
      StartsWith("UNAVAILABLE: its worker ended by signal 6 (Aborted), 3 times in a row; the next start is in "));
}

TEST_F(WorkerLives, a_worker_that_ends_while_its_instance_starts_is_a_refusal) {
  const auto made = make("destroy_never_returns");
  ASSERT_TRUE(made.ok()) << to_string(made.status());
  ::kill(made->worker->status().process, SIGKILL);
  const Status started = runtime::await_on(runtime, made->instance->start(seconds(10)));
  EXPECT_EQ(to_string(started), "UNAVAILABLE: tricks: its worker ended by signal 9 (Killed)");
  ASSERT_EQ(runtime::await_on(runtime, made->instance->stop({})), Status());
}

TEST_F(WorkerLives, an_instance_whose_destroy_does_not_return_is_killed_in_time) {
  const auto made = make("destroy_never_returns");
  ASSERT_TRUE(made.ok()) << to_string(made.status());
  const pid_t process = made->worker->status().process;
  ASSERT_EQ(runtime::await_on(runtime, made->instance->start(seconds(10))), Status());
  EXPECT_EQ(runtime::await_on(runtime, made->instance->stop({})), Status());
  EXPECT_TRUE(eventually([&] { return ::kill(process, 0) != 0; }));
}

TEST_F(WorkerLives, an_instance_that_stops_while_its_worker_is_down_stops) {
  isolation.restart.first = seconds(30);
  run();
  kill_worker();
  ASSERT_TRUE(eventually([&] { return worker->status().state == WorkerState::restarting; }));
  EXPECT_EQ(stop(), Status());
  instance.reset();
}

TEST_F(WorkerLives, a_worker_that_shares_no_protocol_with_the_host_is_refused_and_ends) {
  isolation.program.path = SLIPWAY_DYING_WORKER;
  // None that it knows of the host's, as 0 says; or one that the host has not offered.
  for (const char* version : {"0", "2"}) {
    isolation.program.arguments = {"speaks", version};
    const auto made = make();
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status(), Status(Code::failed_precondition,
                                    "tricks: the worker speaks no protocol that this host does; install both of one "
                                    "version"));
  }
  siginfo_t child{};
  EXPECT_TRUE(eventually([&] { return ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0; }))
      << "a refused worker is left behind";
}

TEST_F(WorkerLives, a_worker_that_is_killed_at_any_message_leaves_no_call_unanswered_and_no_instance_unended) {
  isolation.program.path = SLIPWAY_DYING_WORKER;
  isolation.restart.crashes = 3;
  sink->respond = [](runtime::HostRequest, runtime::Answerer answer) { answer.succeed("{}"); };
  int running = 0;
  for (const char* side : {"before", "after"}) {
    for (int message = 1; message <= 12; ++message) {
      SCOPED_TRACE(std::string(side) + " message " + std::to_string(message));
      isolation.program.arguments = {side, std::to_string(message)};
      const auto made = make();
      if (!made.ok()) {
        EXPECT_EQ(made.status().code, Code::unavailable) << to_string(made.status());
        continue;
      }
      instance = made->instance;
      if (runtime::await_on(runtime, instance->start(seconds(10))).ok()) ++running;
      for (const char* word : {"echo a", "ask 5", "wake", "reply 200000", "echo b"}) {
        const auto answer = call(word, seconds(10));
        EXPECT_TRUE(answer.ok() || answer.status().code == Code::unavailable) << to_string(answer.status());
      }
      // A slot is given back a moment after its answer.
      EXPECT_TRUE(eventually([&] { return instance->open_calls() + instance->zombies() == 0; }));
      EXPECT_EQ(stop(), Status());
      instance.reset();
    }
  }
  EXPECT_GE(running, 10);
}

boost::asio::awaitable<void> hang(std::shared_ptr<runtime::Instance> instance) {
  runtime::CallRequest request{.payload = "hang"};
  co_await runtime::async_call(std::move(instance), std::move(request));
}

// A host that makes one instance, writes the worker's process id to the pipe, and waits for its end.
[[noreturn]] void be_a_host(int out) {
  runtime::Runtime runtime{{.threads = 1}};
  runtime.start();
  IsolationSettings isolation;
  isolation.program.path = SLIPWAY_WORKER;
  const auto made = make_isolated(runtime, package_of("worker_tricks"), {}, {.name = "tricks"},
                                  std::make_shared<runtime::RecordingSink>(), isolation);
  if (!made.ok() || !runtime::await_on(runtime, made->instance->start(seconds(10))).ok()) ::_exit(1);
  boost::asio::co_spawn(runtime.executor(), hang(made->instance), boost::asio::detached);
  const pid_t process = made->worker->status().process;
  if (::write(out, &process, sizeof(process)) != sizeof(process)) ::_exit(1);
  for (;;) ::pause();
}

TEST(HostDeath, a_host_that_is_killed_leaves_no_worker_after_a_second_even_when_it_hangs) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t host = ::fork();
  if (host == 0) be_a_host(ends[1]);
  pid_t worker = 0;
  ASSERT_EQ(::read(ends[0], &worker, sizeof(worker)), static_cast<ssize_t>(sizeof(worker)));
  ASSERT_EQ(::kill(worker, 0), 0);
  ::kill(host, SIGKILL);
  ::waitpid(host, nullptr, 0);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  // Gone, or waiting to be reaped by whoever inherits it.
  const auto is_gone = [&] {
    std::ifstream stat("/proc/" + std::to_string(worker) + "/stat");
    std::string line;
    return !std::getline(stat, line) || line.find(") Z") != std::string::npos;
  };
  while (!is_gone() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(is_gone());
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace slipway::isolation
