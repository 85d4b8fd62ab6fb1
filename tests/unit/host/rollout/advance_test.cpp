#include "host/rollout/advance.hpp"

#include <gmock/gmock.h>

namespace slipway::rollout {
namespace {

constexpr Instant kNow{1'700'000'000'000'000'000};

class Advances : public testing::Test {
 protected:
  Advances() {
    record.rollout.from_release = "1.0";
    record.rollout.to_release = "1.1";
    record.spec.replicas = 4;
    record.order = steady_order("1.0", 4, 7);
    world = {.generation = 7,
             .converged = true,
             .groups = {{.role = "stable", .release = "1.0", .replicas = 4, .ready = 4, .weight = kAllTraffic}}};
    reply.groups = {{"stable", 4, 950'000}, {"next", 4, 50'000}};
    reply.reason = "first step";
  }
  Advance advanced() { return advance(record, reply, next_order(reply, record, world), kNow); }

  Record record;
  provider::Observation world;
  strategy::StepReply reply;
};

TEST_F(Advances, AWeightWaitsForTheReplicasThatCarryIt) {
  const auto held = advanced();
  ASSERT_TRUE(held.change);
  EXPECT_EQ(held.change->record.order.groups,
            (std::vector<OrderedGroup>{{"stable", "1.0", 4, kAllTraffic}, {"next", "1.1", 4, 0}}));
  EXPECT_EQ(held.waiting.what, "4 replicas of 1.1 to be ready, of which 0 are");
  const auto weight_with = [&](std::int32_t ready) {
    world.groups.resize(1);
    world.groups.push_back({.role = "next", .release = "1.1", .replicas = 4, .ready = ready});
    return advanced().change->record.order.groups[1].weight;
  };
  EXPECT_EQ(weight_with(3), 0U);
  EXPECT_EQ(weight_with(4), 50'000U);
  reply.groups[1].carriers = 2;
  EXPECT_EQ(weight_with(1), 0U);
  EXPECT_EQ(weight_with(2), 50'000U);
}

TEST_F(Advances, AWeightWithoutCarriersWaitsForOneReplicaAllTheSame) {
  reply.groups[1].carriers = 0;
  EXPECT_EQ(advanced().waiting.what, "a replica of 1.1 to be ready");
}

TEST_F(Advances, TheWeightOfStableRisesOverTheReplicasThatItHas) {
  record.order.groups = {{"stable", "1.0", 4, 500'000}, {"next", "1.1", 4, 500'000}};
  world.groups[0].ready = 1;
  reply.groups = {{"stable", 4, 900'000}, {"next", 4, 100'000}};
  EXPECT_EQ(advanced().change->record.order.groups[0].weight, 900'000U);
  world.groups[0].ready = 0;
  EXPECT_EQ(advanced().waiting.what, "a replica of 1.0 to be ready");
}

TEST_F(Advances, WhileAWeightIsHeldNoReplicaIsTakenAway) {
  reply.groups = {{"next", 4, kAllTraffic}};
  const auto held = advanced();
  EXPECT_EQ(held.change->record.order.groups,
            (std::vector<OrderedGroup>{{"next", "1.1", 4, 0}, {"stable", "1.0", 4, kAllTraffic}}));
}

TEST_F(Advances, AnAnswerThatChangesNothingIsNoDecision) {
  reply.groups = {{"stable", 4, kAllTraffic}};
  EXPECT_FALSE(advanced().change);
}

TEST_F(Advances, ANewStateAloneIsWrittenWithoutAnEntryInTheJournal) {
  reply.groups = {{"stable", 4, kAllTraffic}};
  reply.state = json_text({{"seen", 3}});
  const auto note = advanced();
  ASSERT_TRUE(note.change);
  EXPECT_EQ(note.change->kind, "");
}

TEST_F(Advances, AnAnalysisGoesOnUntilItsRunChanges) {
  record.spec.analyses.push_back({.name = "errors"});
  reply.analyses = {{.name = "errors", .run = "0"}};
  record.runs = runs_for(record, reply.analyses, kNow, record.alpha);
  record.runs[0].window = 5;
  EXPECT_EQ(runs_for(record, reply.analyses, kNow + seconds(9), record.alpha)[0].window, 5);
  reply.analyses[0].run = "1";
  EXPECT_EQ(runs_for(record, reply.analyses, kNow + seconds(9), record.alpha)[0].window, 0);
}

TEST_F(Advances, ThePausedTimeDoesNotCountForTheStrategy) {
  record.stood_still = seconds(100);
  world.groups[0].ready_since = {kNow - seconds(3)};
  const auto request = question(record, world, kNow);
  EXPECT_EQ(request.now, kNow - seconds(100));
  EXPECT_EQ(request.now - request.observation.groups[0].ready_since[0], seconds(3)) << "the age of a replica is real";
}

TEST_F(Advances, AnAnalysisIsUnmeasuredUntilItsFirstMeasurementOrWhereMissingDataMayPass) {
  record.spec.analyses.push_back({.name = "errors"});
  record.runs = {{.wanted = {.name = "errors"}, .status = {.name = "errors"}}};
  const auto is_unmeasured = [&] { return question(record, world, kNow).observation.analyses.at(0).unmeasured; };
  EXPECT_TRUE(is_unmeasured());
  record.runs[0].status.finding = strategy::Finding::held;
  EXPECT_FALSE(is_unmeasured()) << "a person decides";
  record.runs[0].status.finding = strategy::Finding::running;
  record.runs[0].status.measurements = 1;
  EXPECT_FALSE(is_unmeasured());
  record.runs[0].status.measurements = 0;
  record.spec.analyses[0].on_insufficient_data = Policy::promote;
  EXPECT_FALSE(is_unmeasured());
}

TEST_F(Advances, AnswersThatBreakTheRulesAreFaults) {
  EXPECT_EQ(fault_of(reply, record), "");
  reply.groups[0].weight = 1;
  EXPECT_EQ(fault_of(reply, record), "its weights add up to 50001, not to 1000000 or 0");
  reply.groups = {{"blue", 4, kAllTraffic}};
  EXPECT_EQ(fault_of(reply, record), "it names a group \"blue\"; there are \"stable\", \"next\" and \"baseline\"");
  reply.groups = {{"stable", 4, kAllTraffic}};
  reply.outcome = strategy::Outcome::promoted;
  EXPECT_EQ(fault_of(reply, record), "it promotes without all traffic on \"next\"");
  reply.outcome = strategy::Outcome::progressing;
  reply.analyses = {{.name = "latency"}};
  EXPECT_EQ(fault_of(reply, record), "it wants the analysis \"latency\", which the application doesn't have");
}

}  // namespace
}  // namespace slipway::rollout
