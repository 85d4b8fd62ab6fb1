// Two hosts on one store, both at work: each application is one host's, people ask whichever they like, and what
// changes hands does so without a trace in the world.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using rollout::Action;
using testing::IsEmpty;
using Side = World::Side;

constexpr int kApplications = 8;

class Hosts : public testing::Test {
 protected:
  Hosts() {
    world.start();
    for (int i = 0; i < kApplications; ++i) {
      auto spec = world.shop({{"weights", {50'000, 500'000}}, {"hold", "5s"}});
      spec.name = name_of(i);
      world.make_stable(spec, "1.0");
      (void)world.make_release(spec.name, "1.1");
    }
    world.start_second();
    world.run_for(seconds(5));
  }

  static std::string name_of(int number) { return "shop-" + std::to_string(number); }
  // By turns through each of them.
  void begin() {
    for (int i = 0; i < kApplications; ++i) {
      world.use(i % 2 == 0 ? Side::first : Side::second);
      const auto rollout = world.deploy(name_of(i), "1.1");
      ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
      ids.push_back(rollout->id);
    }
    ASSERT_TRUE(world.until([&] { return busy(Side::first) + busy(Side::second) == kApplications; }, seconds(10)));
  }
  std::size_t busy(Side side) {
    world.use(side);
    return world.engine().busy();
  }
  void expect_everything_done(Side asked) {
    world.use(asked);
    for (int i = 0; i < kApplications; ++i) {
      EXPECT_TRUE(world.until_state(ids[static_cast<std::size_t>(i)], State::succeeded));
      EXPECT_EQ(world.provider.weight_of(name_of(i), "1.1"), kAllTraffic);
    }
    EXPECT_THAT(world.provider.violations(), IsEmpty());
  }
  int entries(const std::string& kind) {
    int count = 0;
    for (const std::string& id : ids) {
      for (const auto& entry : world.journal(id)) count += entry.kind == kind ? 1 : 0;
    }
    return count;
  }
  Result<rollout::HostInfo> drain(const std::string& host, rollout::Draining draining = rollout::Draining::yes) {
    return world.ask(world.engine().drain_host(world.somebody, host, draining, rollout::Mode::commit));
  }
  bool until_drained() {
    return world.until([&] { return hosts().front().state == rollout::HostState::drained; }, seconds(20));
  }
  std::vector<rollout::HostInfo> hosts() { return *world.ask(world.engine().hosts(world.somebody)); }

  World world;
  std::vector<std::string> ids;
};

TEST_F(Hosts, BothDoAPartOfTheWorkAndNothingIsDoneTwice) {
  begin();
  EXPECT_GT(busy(Side::first), 0U);
  EXPECT_GT(busy(Side::second), 0U);
  expect_everything_done(Side::first);
  EXPECT_EQ(entries("started"), kApplications);
  EXPECT_EQ(entries("ended"), kApplications);
  EXPECT_EQ(entries("resumed"), 0);
}

TEST_F(Hosts, WhoeverIsAskedObeysAndTheOwnerActsOnItSoon) {
  begin();
  for (int i = 0; i < kApplications; ++i) {
    world.use(i % 3 == 0 ? Side::first : Side::second);
    const auto paused = world.act(ids[static_cast<std::size_t>(i)], Action::pause);
    ASSERT_TRUE(paused.ok()) << to_string(paused.status());
  }
  world.run_for(seconds(60));
  for (const std::string& id : ids) EXPECT_EQ(world.state_of(id), State::paused);
  for (int i = 0; i < kApplications; ++i) {
    world.use(i % 3 == 0 ? Side::second : Side::first);
    ASSERT_TRUE(world.act(ids[static_cast<std::size_t>(i)], Action::abort).ok());
  }
  world.run_for(seconds(10));
  for (int i = 0; i < kApplications; ++i) {
    EXPECT_EQ(world.state_of(ids[static_cast<std::size_t>(i)]), State::rolled_back);
    EXPECT_EQ(world.provider.weight_of(name_of(i), "1.0"), kAllTraffic);
  }
  EXPECT_THAT(world.provider.violations(), IsEmpty());
}

// The tokens that the provider has seen are larger than those of a roster that begins at 0.
TEST_F(Hosts, ADamagedRosterIsPutAsideAndTheHostsJoinANewOne) {
  begin();
  const storage::Key key = rollout::keys::roster();
  const std::string half = world.storage.find(key)->value.substr(0, 200);
  const auto written = world.storage.write({.puts = {{key, half}}});
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().size(), 2U);
  EXPECT_GT(busy(Side::first), 0U);
  EXPECT_GT(busy(Side::second), 0U);
  const auto aside = key.kind + "/" + key.id + "/" + std::to_string(written.versions.at(0));
  EXPECT_EQ(world.storage.find({key.tenant, "damaged", aside})->value, half);
  expect_everything_done(Side::first);
}

TEST_F(Hosts, ARosterOfTooFewPartitionsIsDamaged) {
  const storage::Key key = rollout::keys::roster();
  Json roster = *parse_json(world.storage.find(key)->value);
  roster["partitions"].erase(60);
  (void)world.storage.write({.puts = {{key, to_text(roster)}}});
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().size(), 2U);
  begin();
  expect_everything_done(Side::second);
}

// With the notice the word is lost of whose change it was: any of them is read again.
TEST_F(Hosts, ANoticeThatIsDamagedIsTakenForAnyChange) {
  begin();
  world.use(Side::first);
  for (const std::string& id : ids) ASSERT_TRUE(world.act(id, Action::pause).ok());
  world.run_for(seconds(20));
  world.between = [&](const World::Call& call, const World::Carry& carry) {
    const bool notice = call.binding == "storage" && call.method == kWrite &&
                        call.payload.find(R"("name":"notices")") != std::string::npos;
    if (!notice) return carry(call.payload);
    auto write = *decode_text<storage::WriteRequest>(call.payload, "write");
    for (auto& append : write.appends) {
      if (append.stream.name == "notices") append.value = "{";
    }
    return carry(encode_text(write));
  };
  for (const std::string& id : ids) ASSERT_TRUE(world.act(id, Action::abort).ok());
  world.run_for(seconds(40));
  for (const std::string& id : ids) EXPECT_EQ(world.state_of(id), State::rolled_back);
}

// A host whose store tells it when others have written looks less often by itself, but it looks.
TEST_F(Hosts, AWordOfTheStoreThatIsLostIsMadeUpForByTheNextLooks) {
  begin();
  world.use(Side::first);
  for (const std::string& id : ids) ASSERT_TRUE(world.act(id, Action::pause).ok());
  for (const Side side : {Side::first, Side::second}) {
    world.use(side);
    world.engine().store_changed();
  }
  world.run_for(seconds(20));
  world.use(Side::first);
  for (const std::string& id : ids) ASSERT_TRUE(world.act(id, Action::abort).ok());
  world.run_for(seconds(12));
  for (const std::string& id : ids) EXPECT_EQ(world.state_of(id), State::rolled_back);
}

TEST_F(Hosts, WhoTellsAnothersRolloutSaysWhoseItIsAndAsOfWhen) {
  begin();
  world.run_for(seconds(2));
  std::set<std::string> owners;
  for (const std::string& id : ids) {
    world.use(Side::first);
    const auto by_first = world.get(id)->why;
    world.use(Side::second);
    const auto by_second = world.get(id)->why;
    const auto& stored = by_first.as_of ? by_first : by_second;
    owners.insert(by_first.host);
    EXPECT_EQ(by_first.host, by_first.as_of ? "second" : "first");
    EXPECT_EQ(by_second.host, by_first.host);
    EXPECT_NE(by_first.as_of.has_value(), by_second.as_of.has_value());
    EXPECT_EQ(stored.as_of, world.get(id)->updated_at);
  }
  EXPECT_EQ(owners.size(), 2U);
  expect_everything_done(Side::first);
  EXPECT_EQ(world.get(ids[0])->why.host, "");
  EXPECT_EQ(world.get(ids[0])->why.as_of, std::nullopt);
}

TEST_F(Hosts, EventsOfOneAreHeardAtTheOther) {
  world.use(Side::first);
  const auto newest = world.ask(world.engine().newest_event(world.somebody));
  auto box = std::make_shared<std::optional<Result<std::vector<rollout::Event>>>>();
  world.begin(world.engine().events(world.somebody, *newest, 10, seconds(30)), box);
  world.use(Side::second);
  ASSERT_TRUE(world.make_release("shop-0", "1.2").ok());
  ASSERT_TRUE(world.until([&] { return box->has_value(); }, seconds(3)));
  ASSERT_EQ((**box)->size(), 1U);
  EXPECT_EQ((**box)->front().type, "release.created");
}

TEST_F(Hosts, ADrainedHostHandsOverInTheMiddleAndOtherTraceThanTheJournalThereIsNone) {
  begin();
  world.use(Side::second);
  const auto draining = drain("first");
  ASSERT_TRUE(draining.ok()) << to_string(draining.status());
  EXPECT_EQ(draining->state, rollout::HostState::draining);
  ASSERT_TRUE(world.until([&] { return hosts().front().state == rollout::HostState::drained; }, seconds(10)));
  EXPECT_EQ(hosts().front().partitions, 0);
  EXPECT_EQ(hosts().back().partitions, 64);
  EXPECT_EQ(busy(Side::first), 0U);
  expect_everything_done(Side::second);
  EXPECT_GT(entries("resumed"), 0);
  EXPECT_LT(entries("resumed"), kApplications) << "what did not change hands was not resumed";
}

TEST_F(Hosts, ADrainedOneThatIsKilledComesBackDrained) {
  world.use(Side::second);
  ASSERT_TRUE(drain("first").ok());
  ASSERT_TRUE(until_drained());
  for (const Duration away : {milliseconds(100), seconds(30)}) {
    world.crash(Side::first);
    world.run_for(away);
    world.use(Side::first);
    world.start();
    world.run_for(seconds(5));
    EXPECT_EQ(hosts().front().state, rollout::HostState::drained) << to_string(away);
    EXPECT_EQ(hosts().back().partitions, 64);
  }
  ASSERT_TRUE(drain("first", rollout::Draining::no).ok());
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().front().partitions, 32);
  ASSERT_TRUE(world.stop().ok());
  world.start();
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().front().partitions, 32);
}

TEST_F(Hosts, ADrainEndsWhenTheDrainedOneIsStopped) {
  ASSERT_TRUE(drain("first").ok());
  world.use(Side::first);
  ASSERT_TRUE(world.stop().ok());
  world.crash(Side::first);
  world.start();
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().front().state, rollout::HostState::serving);
  EXPECT_EQ(hosts().front().partitions, 32);
}

TEST_F(Hosts, ADrainedOneThatStoodStillIsStillDrained) {
  ASSERT_TRUE(drain("first").ok());
  world.use(Side::second);
  ASSERT_TRUE(until_drained());
  world.freeze(Side::first);
  world.run_for(seconds(30));
  EXPECT_EQ(hosts().size(), 1U);
  world.thaw(Side::first);
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().front().state, rollout::HostState::drained);
}

TEST_F(Hosts, ADrainOutlivesADamagedRoster) {
  ASSERT_TRUE(drain("first").ok());
  world.use(Side::second);
  ASSERT_TRUE(until_drained());
  (void)world.storage.write({.puts = {{rollout::keys::roster(), "{"}}});
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().size(), 2U);
  EXPECT_TRUE(until_drained());
}

// Who was asked for the drain is gone as well: better a host that should have none does the work than nobody.
TEST_F(Hosts, ADrainedOneDoesTheWorkAsLongAsThereIsNobodyElse) {
  begin();
  world.use(Side::second);
  ASSERT_TRUE(drain("first").ok());
  ASSERT_TRUE(until_drained());
  world.crash(Side::second);
  world.use(Side::first);
  ASSERT_TRUE(world.until([&] { return busy(Side::first) == kApplications; }, seconds(20)));
  EXPECT_EQ(hosts().front().state, rollout::HostState::draining);
  world.use(Side::second);
  world.start();
  EXPECT_TRUE(until_drained());
  expect_everything_done(Side::second);
}

TEST_F(Hosts, TheOnlyOneThatTakesWorkIsNotDrained) {
  ASSERT_TRUE(drain("first").ok());
  EXPECT_EQ(
      to_string(drain("second").status()),
      "FAILED_PRECONDITION: host \"second\" is the only one that takes work: nobody could take over; start another "
      "host or undrain one, or stop this one");
  EXPECT_EQ(to_string(drain("third").status()), "NOT_FOUND: there is no host \"third\"; there are: first, second");
  ASSERT_TRUE(drain("first", rollout::Draining::no).ok());
  world.run_for(seconds(5));
  EXPECT_EQ(hosts().front().partitions, 32);
}

TEST_F(Hosts, WhoeverLeavesInOrderKeepsNobodyWaiting) {
  begin();
  world.use(Side::first);
  ASSERT_TRUE(world.stop().ok());
  world.use(Side::second);
  ASSERT_TRUE(world.until([&] { return busy(Side::second) == kApplications; }, seconds(3)));
  expect_everything_done(Side::second);
  EXPECT_EQ(hosts().size(), 1U);
}

TEST_F(Hosts, ACrashedHostsWorkGoesOnWithinItsLeaseAndTwoLooks) {
  begin();
  world.crash(Side::first);
  ASSERT_TRUE(world.until([&] { return busy(Side::second) == kApplications; }, seconds(12)));
  expect_everything_done(Side::second);
}

TEST_F(Hosts, ACrashedHostsLeaseIsTakenTheMomentThatItRunsOut) {
  for (const Duration into_its_turn : {milliseconds(0), milliseconds(900), milliseconds(2100), milliseconds(3200)}) {
    Instant runs_out, taken;
    world.on_answer = [&](const World::Call& call, const Result<std::string>& reply) {
      if (call.binding != "storage" || !reply.ok()) return;
      const auto request = decode_text<storage::LeaseRequest>(call.payload, "request");
      const bool renews = call.method == kLease && request->action == storage::LeaseAction::renew;
      if (call.side == Side::first && renews) runs_out = decode_text<storage::LeaseReply>(*reply, "reply")->expires_at;
      if (call.side == Side::second && call.method == kWrite && taken == Instant{}) taken = world.now();
    };
    world.use(Side::first);
    world.run_for(seconds(20));
    world.run_for(into_its_turn);
    taken = {};
    world.crash(Side::first);
    world.use(Side::second);
    ASSERT_TRUE(world.until([&] { return taken != Instant{}; }, seconds(20)));
    EXPECT_GE(taken, runs_out);
    EXPECT_LT(taken, runs_out + milliseconds(50)) << to_string(into_its_turn);
    world.use(Side::first);
    world.start();
  }
}

TEST_F(Hosts, ThatHaveNothingToDoRenewTheirLeasesAndWriteNothing) {
  world.run_for(seconds(20));
  std::map<std::uint32_t, int> asked;
  world.fate_of = [&](Side, std::string_view to, std::uint32_t method) {
    if (to == "storage") ++asked[method];
    return World::Fate::good;
  };
  world.run_for(seconds(60));
  constexpr int kRenewals = 18;   // each third of 10 s
  constexpr int kNeighbours = 9;  // looked at when its lease can have run out, so after 6.7 s at the earliest
  EXPECT_EQ(asked[kWrite], 0);
  EXPECT_THAT(asked[kLease],
              testing::AllOf(testing::Ge(2 * kRenewals), testing::Le(2 * (kRenewals + kNeighbours + 1))));
  EXPECT_LE(asked[storage::Interface::index_of<storage::Get>()], 2 * (60 + kNeighbours + 1)) << "the roster";
}

TEST_F(Hosts, AreLastSeenWhenTheyRenewedTheirLease) {
  world.run_for(seconds(20));
  world.crash(Side::first);
  const Instant crashed = world.now();
  world.use(Side::second);
  world.run_for(seconds(5));
  EXPECT_GT(hosts().front().seen_at, crashed - seconds(4));
  EXPECT_LE(hosts().front().seen_at, crashed);
  EXPECT_GT(hosts().back().seen_at, crashed);
}

TEST_F(Hosts, AnApplicationThatOneMakesIsTheOthersWork) {
  std::vector<std::string> made;
  for (int i = 0; i < kApplications; ++i) {
    world.use(i % 2 == 0 ? Side::second : Side::first);
    auto spec = world.shop();
    spec.name = "new-" + std::to_string(i);
    world.make_stable(spec, "1.0");
    EXPECT_EQ(world.application(spec.name)->stable_release, "1.0");
    made.push_back(spec.name);
  }
  for (int i = 0; i < kApplications; ++i) {
    world.use(i % 2 == 0 ? Side::first : Side::second);
    const std::string& name = made[static_cast<std::size_t>(i)];
    auto larger = world.shop();
    larger.name = name;
    larger.replicas = 6;
    ASSERT_TRUE(world.make_application(larger).ok());
    ASSERT_TRUE(world.until([&] { return world.provider.ready_of(name, "1.0") == 6; }, seconds(30))) << name;
    ASSERT_TRUE(world.ask(world.engine().delete_application(world.somebody, name, {}, rollout::Mode::commit)).ok());
    ASSERT_TRUE(world.until([&] { return world.provider.ready_of(name, "1.0") == 0; }, seconds(30))) << name;
  }
}

}  // namespace
}  // namespace slipway::sim
