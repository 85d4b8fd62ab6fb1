// Generations in workers, and on their way into one and out of it: nothing is lost that one in the process of the host
// would have kept, and no call.
#include <gmock/gmock.h>
#include <signal.h>

#include <future>
#include <mutex>
#include <thread>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/lifecycle/apply_rig.hpp"

namespace slipway::lifecycle {
namespace {

using manifest::Placement;
using test::eventually;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Json kept_outside() { return {{"state", {{"kind", "external"}}}}; }

// From 1.0.0 in one placement to another version or placement.
struct Move {
  const char* name;
  Placement from;
  Placement to;
  const char* version;
};
void PrintTo(const Move& move, std::ostream* out) { *out << move.name; }

class Moves : public Applying {
 protected:
  ~Moves() override { EXPECT_TRUE(stop().ok()); }

  // gate-alpha 1.0.0 counts its calls, and so does 1.1.0.
  void begin(const Json& more, Placement placement) {
    on_log_ = [this](std::string_view message) {
      hear(message);
      if (message == "exported") heard_an_export();
    };
    add("alpha", "counts", {}, more);
    root_.install({.fixture = "counts", .id = "gate-alpha", .version = "1.1.0", .more = more});
    profile_.plugins["alpha"].version = *base::parse_range("1.0.0");
    profile_.plugins["alpha"].placement = placement;
    ASSERT_EQ(to_string(start()), "OK: ");
  }
  void go(const std::string& version, Placement placement) {
    profile_.plugins["alpha"].version = *base::parse_range(version);
    profile_.plugins["alpha"].placement = placement;
    ASSERT_EQ(to_string(apply()), "OK: ");
    const PluginStatus status = lifecycle_.status().at(0);
    EXPECT_EQ(status.state, GenerationState::active);
    EXPECT_EQ(status.placement, placement);
    EXPECT_EQ(status.worker.has_value(), placement == Placement::isolated);
  }
  void hear(std::string_view message) {
    const std::lock_guard lock(mutex_);
    if (message == "exported") ++exports_;
    if (message.starts_with("took ")) taken_ += std::stoul(std::string(message.substr(5)));
  }
  // By all generations that have ended.
  unsigned long taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  // Until the host has a checkpoint that began after this.
  bool checkpoint_comes() const {
    const auto exports = [this] {
      const std::lock_guard lock(mutex_);
      return exports_;
    };
    const int before = exports();
    return eventually([&] { return exports() > before + 1; });
  }
  virtual void heard_an_export() {}
  isolation::WorkerStatus worker() const { return lifecycle_.status().at(0).worker.value(); }
  // 0 is no process, but a whole group of them.
  static void kill_worker(const isolation::WorkerStatus& worker) {
    if (worker.process > 0) ::kill(worker.process, SIGKILL);
  }
  static constexpr const char* kLostSince =
      "what gate-alpha 1.0.0 took in since its last checkpoint is lost: its state can't be exported: its worker ended "
      "by signal 9 (Killed)";
  void crash_until_the_circuit_opens() const {
    ASSERT_TRUE(eventually([this] {
      const auto now = worker();
      if (now.state == isolation::WorkerState::running) kill_worker(now);
      return now.state == isolation::WorkerState::broken;
    }));
  }

 private:
  mutable std::mutex mutex_;
  unsigned long taken_ = 0;
  int exports_ = 0;
};

class MovesOf : public Moves, public testing::WithParamInterface<Move> {
 protected:
  // Forth and back, three times.
  void tour() {
    for (int i = 0; i < 3; ++i) {
      go(GetParam().version, GetParam().to);
      go("1.0.0", GetParam().from);
    }
  }
};

TEST_P(MovesOf, NoCallIsLostOrDoubledBetweenWhatCanNotRunTwice) {
  begin(kept_outside(), GetParam().from);
  Callers callers(runtime_, 8, [this] { return ask("gates.alpha"); });
  tour();
  callers.stop();
  EXPECT_EQ(callers.failed, 0);
  EXPECT_GT(callers.answered, 20);
  EXPECT_TRUE(stop().ok());
  EXPECT_EQ(taken(), static_cast<unsigned long>(callers.answered));
}

TEST_P(MovesOf, EachCallIsTakenOnceByASnapshotThatIsHandedOn) {
  begin(snapshot(), GetParam().from);
  Numbers numbers;
  Callers callers(runtime_, 8, [&] { return numbers.heard(ask("gates.alpha")); });
  tour();
  callers.stop();
  EXPECT_EQ(callers.failed, 0);
  EXPECT_GT(callers.answered, 20);
  numbers.expect_each_once();
}

TEST_P(MovesOf, NoCallFailsBetweenWhatRunsSideBySide) {
  begin(Json::object(), GetParam().from);
  Callers callers(runtime_, 8, [this] { return ask("gates.alpha"); });
  tour();
  callers.stop();
  EXPECT_EQ(callers.failed, 0);
  EXPECT_GT(callers.answered, 20);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, MovesOf,
    testing::Values(Move{"between_workers", Placement::isolated, Placement::isolated, "1.1.0"},
                    Move{"into_a_worker_and_out", Placement::in_process, Placement::isolated, "1.0.0"},
                    Move{"into_a_worker_of_another_version", Placement::in_process, Placement::isolated, "1.1.0"}),
    [](const auto& move) { return std::string(move.param.name); });

// gate-alpha 1.0.0 in a worker, and 1.1.0 that the host goes back from.
class IsolatedReturns : public Moves, public testing::WithParamInterface<const char*> {
 protected:
  ApplyOptions watched() {
    ApplyOptions options;
    options.watch = {.bake = seconds(600), .look = milliseconds(2)};
    options.watch.returned = [this](std::string reason) -> boost::asio::awaitable<void> {
      returned_.set_value(std::move(reason));
      co_return;
    };
    return options;
  }
  std::string why_returned() {
    auto reason = returned_.get_future();
    if (reason.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return "it did not return";
    return reason.get();
  }

 private:
  std::promise<std::string> returned_;
};

TEST_P(IsolatedReturns, OneComesBackAlthoughItsPackageIsGone) {
  const Json more{{"state", {{"kind", GetParam()}, {"reads", {1}}, {"writes", 1}}}};
  begin(more, Placement::isolated);
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  upgrade("alpha", "counts", "1.1.0", more);
  ApplyOptions options = watched();
  // Even no fault at all is too many of them.
  options.watch.fault_ratio = -1;
  options.watch.calls = 5;
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  std::filesystem::remove_all(root_.path() / "gate-alpha/1.0.0");
  for (int i = 0; i < 5; ++i) EXPECT_THAT(said("gates.alpha"), HasSubstr("call"));
  EXPECT_EQ(why_returned(), "0 of 5 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the -100% allowed");
  EXPECT_EQ(versions().at(0), "alpha 1.0.0 active");
  const bool handed_back = GetParam() == std::string("snapshot");
  EXPECT_THAT(said("gates.alpha"), HasSubstr(handed_back ? "call 7" : "call 1"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, IsolatedReturns, testing::Values("external", "snapshot"),
                         [](const auto& kind) { return std::string(kind.param); });

class RevokedInTheBake : public IsolatedReturns {};

TEST_P(RevokedInTheBake, OneIsNotStartedAgain) {
  const Json more{{"state", {{"kind", GetParam()}}}};
  begin(more, Placement::isolated);
  upgrade("alpha", "counts", "1.1.0", more);
  ApplyOptions options = watched();
  // Even no fault at all is too many of them.
  options.watch.fault_ratio = -1;
  options.watch.calls = 5;
  std::vector<std::string> stays;
  options.watch.stays = [&stays](const std::string& reason) { stays.push_back(reason); };
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  revoked_["gate-alpha 1.0.0"] = true;
  for (int i = 0; i < 5; ++i) (void)said("gates.alpha");
  ASSERT_TRUE(eventually([this] { return versions().size() == 1 || versions().at(0) != "alpha 1.1.0 active"; }));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.1.0 active"));
  EXPECT_EQ(lifecycle_.status().at(0).reason,
            "0 of 5 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the -100% allowed; there is no way back: "
            "what was before is not trusted any more");
  ASSERT_TRUE(stop().ok());
  EXPECT_THAT(stays, ElementsAre(HasSubstr("there is no way back")));
  EXPECT_THAT(created_, ElementsAre("alpha", "alpha"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, RevokedInTheBake, testing::Values("stateless", "external"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_F(IsolatedReturns, AWorkerThatCrashesGivesItsLastCheckpointBack) {
  begin(snapshot(), Placement::isolated);
  for (int i = 0; i < 3; ++i) (void)said("gates.alpha");
  upgrade("alpha", "counts", "1.1.0", snapshot());
  ASSERT_EQ(to_string(apply(watched())), "OK: ");
  for (int i = 0; i < 5; ++i) (void)said("gates.alpha");
  ASSERT_TRUE(checkpoint_comes());
  kill_worker(worker());
  EXPECT_THAT(why_returned(),
              StartsWith("gate-alpha 1.1.0 as \"alpha\" crashed: its worker ended by signal 9 (Killed)"));
  EXPECT_EQ(versions().at(0), "alpha 1.0.0 active");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 9"));
}

TEST_F(Moves, WhatCrashesAgainAndAgainIsReplacedAndItsLastCheckpointHandedOn) {
  begin(snapshot(), Placement::isolated);
  for (int i = 0; i < 3; ++i) (void)said("gates.alpha");
  ASSERT_TRUE(checkpoint_comes());
  crash_until_the_circuit_opens();
  upgrade("alpha", "counts", "1.2.0", snapshot());
  std::string lost;
  ApplyOptions options;
  options.lost = [&lost](const std::string& what) { lost = what; };
  EXPECT_EQ(to_string(apply(std::move(options))), "OK: ");
  EXPECT_EQ(lost, kLostSince);
  EXPECT_EQ(lifecycle_.status().at(0).reason, kLostSince);
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
}

// Kills a worker at an export while a successor of another version is there: at the one of the hand-over, or at a
// checkpoint right before it.
class KilledInAHandOver : public Moves {
 protected:
  void heard_an_export() override {
    const auto all = lifecycle_.status();
    if (all.size() < 2 || !all.at(1).worker) return;
    for (const auto& one : all) {
      if (one.version == victim_ && one.worker) kill_worker(*one.worker);
    }
  }
  // After three calls.
  Status swap_with_a_kill_of(const std::string& version) {
    victim_ = version;
    begin(snapshot(), Placement::isolated);
    for (int i = 0; i < 3; ++i) (void)said("gates.alpha");
    EXPECT_TRUE(checkpoint_comes());
    profile_.plugins["alpha"].version = *base::parse_range("1.1.0");
    return apply();
  }
  ~KilledInAHandOver() override { EXPECT_TRUE(stop().ok()); }

 private:
  std::string victim_;
};

TEST_F(KilledInAHandOver, AnOldOneHasHandedItsStateOnAllTheSame) {
  EXPECT_EQ(to_string(swap_with_a_kill_of("1.0.0")), "OK: ");
  EXPECT_EQ(versions().at(0), "alpha 1.1.0 active");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
}

TEST_F(KilledInAHandOver, ASuccessorChangesNothing) {
  EXPECT_THAT(told(swap_with_a_kill_of("1.1.0")), ElementsAre("/plugins/alpha: its worker ended by signal 9 (Killed)"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
}

TEST_F(Moves, AKillAtAnyMomentOfAHandOverLosesNoCallThatWasAnswered) {
  begin(snapshot(), Placement::isolated);
  const auto begun = std::chrono::steady_clock::now();
  go("1.1.0", Placement::isolated);
  const auto undisturbed = std::chrono::steady_clock::now() - begun;
  std::string now = "1.1.0";
  for (int round = 0; round < 20; ++round) {
    const std::string next = now == "1.0.0" ? "1.1.0" : "1.0.0";
    const std::string victim = round % 4 < 2 ? now : next;
    SCOPED_TRACE("round " + std::to_string(round));
    // A life that was killed has to come up again.
    std::string first;
    ASSERT_TRUE(eventually([&] { return (first = said("gates.alpha")).find("call ") != std::string::npos; })) << first;
    ASSERT_THAT(first, HasSubstr("call " + std::to_string(round + 1) + "\""));
    ASSERT_TRUE(checkpoint_comes());
    profile_.plugins["alpha"].version = *base::parse_range(next);
    auto end = std::async(std::launch::async, [this] { return apply(); });
    // No condition is waited for: the moments are spread over the hand-over.
    std::this_thread::sleep_for(undisturbed * round / 20);
    for (const auto& one : lifecycle_.status()) {
      if (one.version == victim && one.worker) kill_worker(*one.worker);
    }
    if (end.get().ok()) now = next;
  }
}

TEST_F(Moves, WhatCrashesAgainAndAgainAndIsNotReplacedAfterAllKeepsItsLastCheckpoint) {
  begin(snapshot(), Placement::isolated);
  for (int i = 0; i < 3; ++i) (void)said("gates.alpha");
  ASSERT_TRUE(checkpoint_comes());
  crash_until_the_circuit_opens();
  upgrade("alpha", "start_fails", "1.2.0", snapshot());
  EXPECT_THAT(told(apply()),
              ElementsAre("/plugins/alpha: port 80 is taken", std::string("/plugins/alpha: ") + kLostSince));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
}

TEST_F(Moves, OneThatRunsAndCanNotTellWhatItKnowsIsNotReplacedAndWhatIsLostIsSaid) {
  add("alpha", "export_fails", {}, snapshot());
  profile_.plugins["alpha"].placement = Placement::isolated;
  ASSERT_EQ(to_string(start()), "OK: ");
  upgrade("alpha", "counts", "1.1.0", snapshot());
  const std::string why = "its state can't be exported: its memory has a hole";
  EXPECT_THAT(told(apply()),
              ElementsAre("/plugins/alpha: gate-alpha 1.0.0 did not hand over: " + why,
                          "/plugins/alpha: what gate-alpha 1.0.0 knew is lost, there is no checkpoint of it: " + why));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
}

TEST_F(Moves, ACheckpointThatTheSuccessorDoesNotReadIsNotHandedOn) {
  const Json both{{"state", {{"kind", "snapshot"}, {"reads", {1, 2}}, {"writes", 2}}}};
  // It writes version 1, whatever it says.
  begin(both, Placement::isolated);
  for (int i = 0; i < 3; ++i) (void)said("gates.alpha");
  ASSERT_TRUE(checkpoint_comes());
  crash_until_the_circuit_opens();
  upgrade("alpha", "counts", "1.2.0", {{"state", {{"kind", "snapshot"}, {"reads", {2}}, {"writes", 2}}}});
  EXPECT_THAT(told(apply()),
              ElementsAre("/plugins/alpha: gate-alpha 1.0.0 did not hand over: its last checkpoint is of "
                          "version 1, which gate-alpha 1.2.0 does not read",
                          std::string("/plugins/alpha: ") + kLostSince));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
}

}  // namespace
}  // namespace slipway::lifecycle
