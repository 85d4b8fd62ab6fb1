// What can be awaited is not polled: a host without work asks only what it must, and one that waits is told.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using Side = World::Side;
using storage::Interface;
using testing::AllOf;
using testing::Ge;
using testing::Le;

constexpr std::uint32_t kGetting = Interface::index_of<storage::Get>();
constexpr std::uint32_t kReading = Interface::index_of<storage::Read>();
constexpr std::uint32_t kScanning = Interface::index_of<storage::Scan>();
constexpr std::uint32_t kValidating = provider::Interface::index_of<provider::Validate>();

class Idle : public testing::Test {
 protected:
  // Calls of one minute, by binding and method.
  using Asked = std::map<std::pair<std::string, std::uint32_t>, int>;
  Asked asked_in_a_minute() {
    Asked asked;
    world.fate = [&](int, std::string_view to, std::uint32_t method) {
      ++asked[{std::string(to), method}];
      return World::Fate::good;
    };
    world.run_for(seconds(60));
    world.fate = nullptr;
    return asked;
  }

  World world;
};

TEST_F(Idle, AHostRenewsItsLeaseLooksAtTheRosterAndForEventsAndAsksNothingElseOfAnybody) {
  world.start();
  world.make_stable(world.shop(), "1.0");
  world.run_for(seconds(60));
  Asked asked = asked_in_a_minute();
  EXPECT_THAT((asked.extract({"storage", kLease}).mapped()), AllOf(Ge(17), Le(18))) << "each third of 10 s";
  EXPECT_THAT((asked.extract({"storage", kGetting}).mapped()), AllOf(Ge(59), Le(60))) << "the roster, each second";
  EXPECT_THAT((asked.extract({"storage", kReading}).mapped()), AllOf(Ge(4), Le(5)))
      << "events to be told, each 15 s, and old ones, each minute";
  EXPECT_EQ((asked.extract({"storage", kScanning}).mapped()), 1) << "journals that are old, each minute";
  for (const auto& [what, count] : asked)
    ADD_FAILURE() << what.first << " was asked for method " << what.second << " " << count << " times";
}

TEST_F(Idle, AHostThatIsToldToStopWaitsForAWriteWithoutLookingWhetherItIsOver) {
  world.start();
  world.make_stable(world.shop(), "1.0");
  (void)world.make_release("shop", "1.1");
  bool writes = false;
  world.fate = [&, is_checked = false](int, std::string_view to, std::uint32_t method) mutable {
    is_checked = is_checked || (to == "provider" && method == kValidating);
    if (!is_checked || writes || to != "storage" || method != kWrite) return World::Fate::good;
    writes = true;
    return World::Fate::slow;
  };
  const auto box = std::make_shared<std::optional<Result<rollout::Rollout>>>();
  world.begin(world.engine().start_rollout(world.somebody, {.application = "shop", .release = "1.1"}), box);
  ASSERT_TRUE(world.until([&] { return writes; }, seconds(5)));
  int turns = 0;
  world.after_turn = [&] { ++turns; };
  const Instant asked = world.now();
  EXPECT_EQ(world.stop(), Status());
  EXPECT_GE(world.now() - asked, milliseconds(500)) << "too short to tell";
  EXPECT_LE(turns, 100);
}

TEST_F(Idle, AHostThatIsToldToStopBeginsNothingForARequestThatCameBefore) {
  world.start();
  world.make_stable(world.shop(), "1.0");
  (void)world.make_release("shop", "1.1");
  world.run_for(seconds(5));
  bool asks = false;
  world.fate = [&](int, std::string_view to, std::uint32_t) {
    asks = asks || to == "strategies.steps";
    return World::Fate::good;
  };
  const auto box = std::make_shared<std::optional<Result<rollout::Rollout>>>();
  world.begin(world.engine().start_rollout(world.somebody, {.application = "shop", .release = "1.1"}), box);
  ASSERT_TRUE(world.until([&] { return asks; }, seconds(5)));
  EXPECT_EQ(world.stop(), Status());
  ASSERT_TRUE(box->has_value());
  EXPECT_TRUE((*box)->ok()) << to_string((*box)->status());
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), 0U);
}

TEST_F(Idle, EventsOfAHostThatDiedAreToldTheMomentThatItsWorkIsTaken) {
  world.start();
  world.start_second();
  ASSERT_TRUE(world.make_application(world.shop()).ok());
  world.run_for(seconds(20));
  for (const Duration into_its_turn : {milliseconds(0), milliseconds(300), milliseconds(550), milliseconds(800)}) {
    std::optional<Side> teller;
    Instant taken, told;
    world.on_answer = [&](const World::Call& call, const Result<std::string>& reply) {
      if (call.binding == "notifiers.hook") {
        teller = call.side;
        told = world.now();
      }
      if (call.binding == "storage" && call.method == kWrite && reply.ok() && taken == Instant{}) taken = world.now();
    };
    const std::string version = std::to_string(into_its_turn.ns);
    ASSERT_TRUE(world.make_release("shop", "1." + version).ok());
    ASSERT_TRUE(world.until([&] { return teller.has_value(); }, seconds(5)));
    const Side dead = *teller;
    world.run_for(seconds(3) + into_its_turn);
    world.fate_of = [dead](Side side, std::string_view to, std::uint32_t) {
      return side == dead && to == "notifiers.hook" ? World::Fate::hang : World::Fate::good;
    };
    world.use(dead);
    ASSERT_TRUE(world.make_release("shop", "2." + version).ok());
    world.crash(dead);
    taken = told = {};
    world.use(dead == Side::first ? Side::second : Side::first);
    ASSERT_TRUE(world.until([&] { return told != Instant{}; }, seconds(40)));
    EXPECT_NE(*teller, dead);
    EXPECT_GE(told, taken);
    EXPECT_LT(told, taken + milliseconds(50)) << to_string(into_its_turn);
    world.fate_of = nullptr;
    (void)world.boot(dead, seconds(60));
    world.run_for(seconds(20));
  }
}

}  // namespace
}  // namespace slipway::sim
