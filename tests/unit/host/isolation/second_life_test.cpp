// What the next life of a worker knows of the last one, and what floods of its messages cost.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

class SecondLife : public IsolatedTest {
 protected:
  void run_with_checkpoints() {
    loader::VerifiedPackage package = package_of("worker_tricks");
    package.package.manifest.state.kind = manifest::StateKind::snapshot;
    settings.config = R"({"a":1})";
    isolation.heartbeat = isolation.checkpoint = milliseconds(1);
    auto made = make(package);
    ASSERT_TRUE(made.ok()) << to_string(made.status());
    instance = made->instance;
    worker = made->worker;
    ASSERT_EQ(runtime::await_on(runtime, instance->start(seconds(10))), Status());
  }
  // Until a checkpoint that began after this is with the host: what a worker says arrives in order.
  bool checkpoint_comes() {
    const int before = std::stoi(say("exports"));
    return eventually([&] { return std::stoi(say("exports")) > before + 1; });
  }
  void next_life() {
    const auto lives = worker->status().restarts;
    ::kill(worker->status().process, SIGKILL);
    ASSERT_TRUE(eventually([&] { return worker->status().restarts > lives; }));
    ASSERT_TRUE(runs_again());
  }
};

TEST_F(SecondLife, it_has_the_configuration_and_the_last_checkpoint_that_was_taken_of_it) {
  run_with_checkpoints();
  for (const char* state : {"one", "two"}) {
    EXPECT_EQ(say(std::string("become ") + state), "");
    ASSERT_TRUE(checkpoint_comes());
    next_life();
    EXPECT_EQ(say("state"), state);
    EXPECT_EQ(say("config"), R"({"a":1})");
  }
}

TEST_F(SecondLife, a_state_that_is_too_large_is_told_once_and_the_one_before_is_kept) {
  settings.limits.reply_bytes = 100;
  run_with_checkpoints();
  EXPECT_EQ(say("become one"), "");
  ASSERT_TRUE(checkpoint_comes());
  EXPECT_EQ(say("become " + std::string(200, 'x')), "");
  ASSERT_TRUE(checkpoint_comes());
  ASSERT_TRUE(checkpoint_comes());
  next_life();
  EXPECT_EQ(say("state"), "one");
  ASSERT_EQ(sink->logs.size(), 1U);
  EXPECT_EQ(sink->logs.wait_for(1)[0].message,
            "its state has 200 bytes, more than a reply may have: should its worker end, the next one begins with an "
            "older state");
  EXPECT_TRUE(sink->logs.wait_for(1)[0].by_host);
}

TEST_F(SecondLife, a_plugin_without_a_snapshot_is_asked_for_no_checkpoint) {
  isolation.heartbeat = isolation.checkpoint = milliseconds(1);
  run();
  EXPECT_EQ(say("become one"), "");
  // What came due meanwhile would be done before the next call.
  EXPECT_EQ(say("sleep"), "slept");
  EXPECT_EQ(say("exports"), "0");
  next_life();
  EXPECT_EQ(say("state"), "");
}

struct FloodOf {
  const char* what;
  const char* words;
};
void PrintTo(const FloodOf& flood, std::ostream* out) { *out << flood.what; }

class Floods : public IsolatedTest {
 protected:
  Floods() {
    isolation.heartbeat = milliseconds(20);
    isolation.hang = seconds(1);
    // A machine with much else to do does not bring a worker to send more than is allowed otherwise.
    isolation.messages_per_second = 500;
  }
};

class Flood : public Floods, public testing::WithParamInterface<FloodOf> {};

TEST_P(Flood, ends_with_its_worker_while_a_neighbour_answers) {
  sink->respond = [](runtime::HostRequest, runtime::Answerer answer) { answer.succeed("{}"); };
  auto neighbour = make();
  ASSERT_TRUE(neighbour.ok());
  ASSERT_EQ(runtime::await_on(runtime, neighbour->instance->start(seconds(10))), Status());
  run();
  call_later(GetParam().words);
  int answered = 0;
  while (results.size() == 0) {
    runtime::CallRequest request{.budget_ns = seconds(10).ns, .payload = "echo here"};
    const auto echo = runtime::await_on(runtime, runtime::async_call(neighbour->instance, std::move(request)));
    ASSERT_TRUE(echo.ok()) << to_string(echo.status());
    ++answered;
  }
  EXPECT_GT(answered, 0);
  const Status ended = results.wait_for(1)[0].status();
  EXPECT_EQ(ended.code, Code::unavailable);
  EXPECT_THAT(ended.message, testing::AnyOf(testing::StartsWith("its worker did not react for 1s"),
                                            testing::StartsWith("its worker flooded the host for 1s")));
  EXPECT_TRUE(runs_again());
  EXPECT_EQ(say("echo again"), "again");
  EXPECT_EQ(neighbour->worker->status().restarts, 0U);
  EXPECT_EQ(results.size(), 1U);
  EXPECT_EQ(runtime::await_on(runtime, neighbour->instance->stop({})), Status());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Flood,
                         testing::Values(FloodOf{"log", "flood"}, FloodOf{"metric", "flood m"},
                                         FloodOf{"request", "flood r"}, FloodOf{"wake", "flood w"},
                                         FloodOf{"completion", "flood c"}, FloodOf{"thread", "flood_aside"}),
                         [](const auto& flood) { return std::string(flood.param.what); });

TEST_F(Floods, one_that_answers_its_heartbeats_is_ended_for_what_it_is) {
  run();
  call_later("flood_aside");
  EXPECT_THAT(results.wait_for(1)[0].status().message, testing::StartsWith("its worker flooded the host for 1s"));
  EXPECT_TRUE(runs_again());
  EXPECT_EQ(worker->status().restarts, 1U);
  EXPECT_EQ(worker->status().reason, "flooded the host for 1s");
}

class OwnNamespaces : public IsolatedTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may look into another user's process";
    if (!may_be_made()) GTEST_SKIP() << "root may make no namespaces here";
  }
  static bool may_be_made() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0 ? 0 : 1);
    int status = 1;
    return ::waitpid(child, &status, 0) == child && status == 0;
  }
  // Which one a process is in.
  static std::uint64_t space_of(pid_t process, const std::string& kind) {
    struct stat found {};
    const std::string path = "/proc/" + std::to_string(process) + "/ns/" + kind;
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
  }
  // Of the worker: 0 when it is the host's own.
  [[nodiscard]] std::uint64_t own(const std::string& kind) const {
    const std::uint64_t its = space_of(worker->status().process, kind);
    EXPECT_NE(its, 0U) << kind;
    return its == space_of(::getpid(), kind) ? 0 : its;
  }
};

TEST_F(OwnNamespaces, a_protection_that_is_told_is_in_force_and_root_gives_all_of_them) {
  run();
  const std::pair<const char*, std::vector<const char*>> told[] = {
      {"user-namespace", {"user"}}, {"ipc-namespace", {"ipc", "uts"}}, {"network-namespace", {"net"}}};
  const std::vector<Protection> protections = worker->status().protections;
  for (const auto& [name, kinds] : told) {
    const auto found = std::ranges::find(protections, name, &Protection::name);
    ASSERT_NE(found, protections.end()) << name;
    for (const char* kind : kinds) EXPECT_EQ(own(kind) != 0, found->lacking.empty()) << name << ": " << found->lacking;
    EXPECT_EQ(found->lacking, "") << name;
  }
}

TEST_F(OwnNamespaces, the_network_of_the_host_is_kept_by_who_is_granted_it) {
  granted.network.allowed = {"*"};
  run();
  EXPECT_EQ(own("net"), 0U);
  EXPECT_NE(own("ipc"), 0U);
}

TEST_F(OwnNamespaces, destinations_that_are_granted_by_name_bring_no_network) {
  granted.network.allowed = {"hooks.example.com"};
  run();
  EXPECT_NE(own("net"), 0U);
}

}  // namespace
}  // namespace slipway::isolation
