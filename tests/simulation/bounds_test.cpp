// What the site bounds: how many rollouts are under way, and how long events and journals are kept.
#include <gmock/gmock.h>

#include "host/rollout/validate.hpp"
#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using rollout::Action;
using rollout::Supersede;

class Bounded : public testing::Test {
 protected:
  void start(const rollout::Bounds& bounds) {
    world.bounds = bounds;
    world.start();
  }
  rollout::ApplicationSpec named(const std::string& name) {
    auto spec = world.shop({{"weights", {50'000}}, {"hold", "60s"}});
    spec.name = name;
    return spec;
  }
  // Applications with 1.0 serving and 1.1 to come.
  void make(std::initializer_list<std::string> names) {
    for (const std::string& name : names) {
      world.make_stable(named(name), "1.0");
      (void)world.make_release(name, "1.1");
    }
  }
  World world;
};

TEST_F(Bounded, AsManyRolloutsAsTheSiteAllowsAreUnderWayAndAFurtherOneIsRefused) {
  start({.max_active = 2});
  make({"a", "b", "c"});
  const auto first = world.deploy("a", "1.1");
  ASSERT_TRUE(first.ok() && world.deploy("b", "1.1").ok());
  const auto refused = world.deploy("c", "1.1");
  EXPECT_EQ(
      to_string(refused.status()),
      "RESOURCE_EXHAUSTED: 2 rollouts are under way and the site allows 2; try again when one has ended, or raise "
      "rollouts.max_active");
  ASSERT_TRUE(world.until_state(first->id, State::succeeded));
  EXPECT_TRUE(world.deploy("c", "1.1").ok());
}

TEST_F(Bounded, OfManyWhoBeginAtOnceNoMoreGetInThanMay) {
  start({.max_active = 3});
  make({"a", "b", "c", "d", "e", "f"});
  using Answer = std::optional<Result<rollout::Rollout>>;
  std::vector<std::shared_ptr<Answer>> answers;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    answers.push_back(std::make_shared<Answer>());
    world.begin(world.engine().start_rollout(world.somebody, {.application = name, .release = "1.1"}), answers.back());
  }
  ASSERT_TRUE(world.until([&] {
    return std::all_of(answers.begin(), answers.end(), [](const auto& answer) { return answer->has_value(); });
  }));
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), [](const auto& answer) { return (*answer)->ok(); }), 3);
}

TEST_F(Bounded, WhoReplacesOrGoesBackIsNotOneMore) {
  start({.max_active = 1});
  make({"a", "b"});
  (void)world.make_release("a", "1.2");
  ASSERT_TRUE(world.deploy("a", "1.1").ok());
  const auto second = world.deploy("a", "1.2", Supersede::replace);
  ASSERT_TRUE(second.ok()) << to_string(second.status());
  EXPECT_EQ(world.deploy("b", "1.1").status().code, Code::resource_exhausted);
  ASSERT_TRUE(world.until_state(second->id, State::succeeded));
  ASSERT_TRUE(world.deploy("b", "1.1").ok());
  EXPECT_TRUE(world.act(second->id, Action::rollback, {.to = "1.0"}).ok());
}

TEST_F(Bounded, ARetryIsOneMoreAndAPlaceIsNotLostByARefusal) {
  start({.max_active = 1});
  make({"a", "b"});
  const auto gone = world.deploy("a", "1.1");
  ASSERT_TRUE(world.act(gone->id, Action::abort).ok());
  ASSERT_TRUE(world.until_state(gone->id, State::rolled_back));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.deploy("a", "1.0").status().code, Code::failed_precondition);
  const auto other = world.deploy("b", "1.1");
  ASSERT_TRUE(other.ok()) << to_string(other.status());
  EXPECT_EQ(world.act(gone->id, Action::retry).status().code, Code::resource_exhausted);
  ASSERT_TRUE(world.until_state(other->id, State::succeeded));
  EXPECT_TRUE(world.act(gone->id, Action::retry).ok());
}

TEST_F(Bounded, TheBoundCountsWhatWasUnderWayBeforeARestartAndMayChange) {
  start({.max_active = 1});
  make({"a", "b"});
  ASSERT_TRUE(world.deploy("a", "1.1").ok());
  world.start();
  world.run_for(seconds(2));
  EXPECT_EQ(world.deploy("b", "1.1").status().code, Code::resource_exhausted);
  world.engine().set_bounds({.max_active = 2});
  EXPECT_TRUE(world.deploy("b", "1.1").ok());
}

// Documents of the largest size, and one byte more.
class LargestDocuments : public testing::Test {
 protected:
  LargestDocuments() { world.start(); }
  template <class T>
  static void fill(std::string& text, const T& document, std::size_t bytes) {
    text.append(bytes - encode_text(document).size(), 'x');
  }
  Status create(const rollout::ReleaseRequest& request) {
    return world.ask(world.engine().create_release(world.somebody, "shop", request, rollout::Mode::commit)).status();
  }
  static constexpr const char* kQuick = "{\"weights\":[50000],\"hold\":\"60s\",\"more\":\"";
  World world;
};

// The gate's message is in the record twice, and the record of the rollout has another strategy beside.
TEST_F(LargestDocuments, OfAnApplicationARolloutGoesForthAndBack) {
  auto spec = world.shop({{"weights", {50'000}}, {"hold", "60s"}});
  world.make_stable(spec, "1.0");
  ASSERT_TRUE(world.make_release("shop", "1.1").ok());
  spec.gates.push_back({.gate = "approval", .at = rollout::GateMoment::start});
  fill(spec.gates[0].message, spec, rollout::kLargestSpec);
  auto larger = spec;
  larger.gates[0].message += "x";
  const Status refused = world.make_application(larger);
  EXPECT_EQ(refused.code, Code::invalid_argument);
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems[0].path, "/gates/0/message");
  ASSERT_TRUE(world.make_application(spec).ok());

  rollout::RolloutRequest request{.application = "shop", .release = "1.1", .strategy = rollout::StrategySpec{"steps"}};
  std::string& settings = request.strategy->settings.text;
  settings = std::string(kQuick) + "\"}";
  settings.insert(settings.size() - 2, rollout::kLargestStrategy - encode_text(*request.strategy).size(), 'x');
  auto too_much = request;
  too_much.strategy->settings.text.insert(settings.size() - 2, "x");
  EXPECT_EQ(world.ask(world.engine().start_rollout(world.somebody, too_much)).status().code, Code::invalid_argument);
  EXPECT_EQ(world.ask(world.engine().plan_rollout(world.somebody, too_much)).status().code, Code::invalid_argument);
  const auto rollout = world.ask(world.engine().start_rollout(world.somebody, request));
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  ASSERT_TRUE(world.act(rollout->id, Action::approve, {.reason = std::string(1024, '\x01')}).ok());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  ASSERT_TRUE(world.act(rollout->id, Action::abort, {.reason = std::string(1024, '\x01')}).ok());
  EXPECT_TRUE(world.until_state(rollout->id, State::rolled_back));
}

TEST_F(LargestDocuments, OfAReleaseIsStored) {
  ASSERT_TRUE(world.make_application(world.shop()).ok());
  rollout::ReleaseRequest request{.release = {.version = "1.0", .command = {"/bin/app"}}, .notes = "x"};
  request.release.files = {{.path = "settings", .content = "x"}};
  fill(request.release.files[0].content, request, rollout::kLargestRelease);
  auto larger = request;
  larger.release.files[0].content += "x";
  const Status refused = create(larger);
  EXPECT_EQ(refused.code, Code::invalid_argument);
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems[0].path, "/release/files/0/content");
  const Status stored = create(request);
  EXPECT_EQ(to_string(stored), "OK: ");
}

class Kept : public Bounded {
 protected:
  std::size_t events() const { return world.storage.stream("acme", "events").size(); }
  std::size_t entries(const std::string& id) const { return world.storage.stream("acme", "journal/" + id).size(); }
  Result<rollout::Page<rollout::JournalEntry>> journal_of(const std::string& id) {
    return world.ask(world.engine().journal(world.somebody, id, {}));
  }
};

TEST_F(Kept, EventsGoWhenTheyAreOlderThanTheSiteKeepsThem) {
  start({.retention = {.events = seconds(3600)}});
  make({"a"});
  const std::size_t old = events();
  ASSERT_GT(old, 3U);
  world.run_for(seconds(1800));
  EXPECT_EQ(events(), old);
  (void)world.make_release("a", "1.2");
  world.run_for(seconds(1900));
  EXPECT_EQ(events(), 1U);
  world.run_for(seconds(3600));
  EXPECT_EQ(events(), 0U);
  const auto resumed = world.ask(world.engine().events(world.somebody, 1, 10, Duration{}));
  EXPECT_EQ(to_string(resumed.status()),
            "OUT_OF_RANGE: events after 1 are not kept: the newest was " + std::to_string(old + 1));
}

TEST_F(Kept, AJournalGoesSomeTimeAfterTheEndOfItsRolloutAndNotBefore) {
  start({.retention = {.journals = seconds(3600)}});
  make({"a", "b"});
  const auto ended = world.deploy("a", "1.1");
  ASSERT_TRUE(world.until_state(ended->id, State::succeeded));
  const auto held = world.deploy("b", "1.1");
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("b", "1.1") == 50'000; }));
  ASSERT_TRUE(world.act(held->id, Action::pause).ok());
  world.run_for(seconds(3000));
  EXPECT_GT(entries(ended->id), 2U);
  world.run_for(seconds(800));
  EXPECT_EQ(entries(ended->id), 0U);
  EXPECT_GT(entries(held->id), 1U) << "it is under way";
  EXPECT_EQ(to_string(journal_of(ended->id).status()),
            "OUT_OF_RANGE: the journal of rollout " + ended->id +
                " is no longer kept; journal_retention says for how long it is");
  EXPECT_TRUE(world.get(ended->id).ok());
}

TEST_F(Kept, ARolloutThatWasTriedAgainKeepsItsJournalUntilItsLastEndIsOldEnough) {
  start({.retention = {.journals = seconds(3600)}});
  make({"a"});
  const auto rollout = world.deploy("a", "1.1");
  ASSERT_TRUE(world.act(rollout->id, Action::abort).ok());
  ASSERT_TRUE(world.until_state(rollout->id, State::rolled_back));
  world.run_for(seconds(3000));
  ASSERT_TRUE(world.act(rollout->id, Action::retry).ok());
  ASSERT_TRUE(world.until_state(rollout->id, State::succeeded));
  world.run_for(seconds(3000));
  EXPECT_GT(entries(rollout->id), 4U);
  world.run_for(seconds(800));
  EXPECT_EQ(entries(rollout->id), 0U);
}

TEST_F(Kept, AShorterRetentionHoldsFromTheNextSweepAndManyJournalsGoTogether) {
  start({});
  make({"a"});
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    const auto rollout = world.deploy("a", i % 2 == 0 ? "1.1" : "1.0");
    ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
    ASSERT_TRUE(world.until_state(rollout->id, State::succeeded));
    ids.push_back(rollout->id);
  }
  world.run_for(seconds(600));
  EXPECT_GT(entries(ids.front()), 0U);
  world.engine().set_bounds({.retention = {.journals = seconds(60)}});
  world.run_for(seconds(200));
  for (const std::string& id : ids) EXPECT_EQ(entries(id), 0U);
}

TEST_F(Kept, WhoLostTheLeaseTrimsNothing) {
  start({.retention = {.events = seconds(600)}});
  make({"a"});
  const std::size_t old = events();
  world.fate = [](int, std::string_view to, std::uint32_t method) {
    const bool lease = to == "storage" && method == storage::Interface::index_of<storage::Lease>();
    return lease ? World::Fate::fail_before : World::Fate::good;
  };
  world.run_for(seconds(2000));
  EXPECT_EQ(events(), old);
  world.fate = nullptr;
  world.run_for(seconds(200));
  EXPECT_EQ(events(), 0U);
}

}  // namespace
}  // namespace slipway::sim
