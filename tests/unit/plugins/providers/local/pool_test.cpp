// Two machines of a pool in memory: each with processes and a proxy of its own, over one store whose clock is cranked.
#include "plugins/providers/local/pool/pool.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/support/manual_clock.hpp"
#include "tests/unit/plugins/providers/local/fakes.hpp"
#include "tools/rehearse/memory_store.hpp"

namespace slipway::local::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The simulation's store, which holds the contract of storages.
class SharedStore final : public PoolStore {
 public:
  awaitable<storage::GetReply> get(storage::GetRequest request) override { co_return memory_.get(request); }
  awaitable<storage::ScanReply> scan(storage::ScanRequest request) override { co_return memory_.scan(request); }
  awaitable<storage::ReadReply> read(storage::ReadRequest request) override { co_return memory_.read(request); }
  awaitable<storage::WriteReply> write(storage::WriteRequest request) override { co_return memory_.write(request); }

  slipway::test::ManualClock clock;

 private:
  simulate::MemoryStore memory_{clock};
};

// A machine: what is in it lives on when its pool, which is its host's, is dropped.
struct Place {
  Place(const std::string& name, const std::string& address, SharedStore& kept)
      : store(kept), settings{"docks", {name, address, 1000, seconds(10)}, Span(20), Span(10), Span(5)} {
    scene.tools.address = address;
    scene.tools.drain_limit = Span(10'000);
    scene.application_tools.company = Company::kPool;
    begin();
  }

  void begin() {
    scene.reopen();
    pool = std::make_unique<Pool>(scene.context.get_executor(), settings, *scene.reconciler, store, scene.notices);
    scene.notices.on_change = [this](const auto& tenant, const auto& name) { pool->changed(tenant, name); };
    pool->begin();
  }

  [[nodiscard]] std::size_t served() const {
    std::size_t count = 0;
    for (const char* backend : {"acme.shop.a", "acme.shop.b", "acme.shop.c"})
      count += scene.proxy.open_servers(backend).size();
    return count;
  }

  SharedStore& store;
  PoolSettings settings;
  Scene scene;
  std::unique_ptr<Pool> pool;
};

class Pooled : public ::testing::Test {
 protected:
  Pooled() {
    EXPECT_TRUE(turn_until([&] { return knows(a, "dock-2") && knows(b, "dock-1"); }));
  }

  static bool knows(const Place& place, const std::string& machine) {
    const auto& lines = place.scene.notices.lines;
    return std::ranges::find(lines, "pool: machine " + machine + " takes part") != lines.end();
  }

  bool turn_until(const std::function<bool()>& predicate) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (!predicate()) {
      if (std::chrono::steady_clock::now() > end) return false;
      for (Place* place : running) place->scene.turn(Span(1));
    }
    return true;
  }

  template <class T>
  T run(Place& place, awaitable<T> work) {
    std::optional<T> result;
    auto wait = [](awaitable<T> inner, std::optional<T>& out) -> awaitable<void> { out = co_await std::move(inner); };
    boost::asio::co_spawn(place.scene.context, wait(std::move(work), result), boost::asio::detached);
    EXPECT_TRUE(turn_until([&] { return result.has_value(); }));
    return std::move(*result);
  }

  Status apply(Place& place, provider::Desired wanted) { return run(place, place.pool->apply(std::move(wanted))); }
  provider::Observation observe(Place& place) {
    const auto seen = run(place, place.pool->observe({"acme", "shop"}));
    return seen.ok() ? *seen : provider::Observation{.problems = {to_string(seen.status())}};
  }
  bool settles(Place& place) {
    return turn_until([&] { return observe(place).converged; });
  }

  SharedStore store;
  Place a{"dock-1", "127.0.0.2", store}, b{"dock-2", "127.0.0.3", store};
  std::vector<Place*> running{&a, &b};
};

TEST_F(Pooled, an_order_to_one_machine_is_run_by_both_and_served_by_both) {
  ASSERT_TRUE(apply(a, desired(1, {group("stable", "1.0", 4, kAllTraffic)})).ok());
  ASSERT_TRUE(settles(b));
  EXPECT_EQ(a.scene.processes.running(), 2);
  EXPECT_EQ(b.scene.processes.running(), 2);
  EXPECT_TRUE(turn_until([&] { return a.served() == 4 && b.served() == 4; })) << "each edge at its own pace";
  const auto seen = observe(a);
  EXPECT_EQ(seen.groups.at(0).ready, 4);
  EXPECT_THAT(seen.groups.at(0).addresses, SizeIs(4));
  EXPECT_EQ(seen.groups.at(0).weight, kAllTraffic);
}

TEST_F(Pooled, a_shift_is_done_when_each_edge_has_it) {
  ASSERT_TRUE(apply(a, desired(1, {group("stable", "1.0", 2, kAllTraffic), group("next", "1.1", 1, 0)})).ok());
  ASSERT_TRUE(settles(a));
  running = {&a};
  ASSERT_TRUE(apply(a, desired(2, {group("stable", "1.0", 2, 500'000), group("next", "1.1", 1, 500'000)})).ok());
  EXPECT_FALSE(observe(a).converged);
  EXPECT_EQ(observe(a).groups.at(1).weight, 250'000U);
  running = {&a, &b};
  ASSERT_TRUE(settles(a));
  EXPECT_EQ(observe(a).groups.at(1).weight, 500'000U);
  EXPECT_EQ(b.scene.proxy.routes.at("acme/shop").route.next_ppm, 500'000U);
}

TEST_F(Pooled, a_baseline_is_spread_over_both_machines_and_added_up) {
  const auto judged = [](std::int64_t generation, std::uint32_t each) {
    return desired(generation, {group("stable", "1.0", 4, kAllTraffic - 2 * each), group("next", "1.1", 2, each),
                                group("baseline", "1.0+baseline", 2, each)});
  };
  ASSERT_TRUE(apply(a, judged(1, 0)).ok());
  ASSERT_TRUE(settles(a));
  EXPECT_EQ(a.scene.processes.running(), 4);
  EXPECT_EQ(b.scene.processes.running(), 4);
  EXPECT_EQ(a.served(), 8U);
  EXPECT_EQ(b.served(), 8U);
  ASSERT_TRUE(apply(b, judged(2, 200'000)).ok());
  ASSERT_TRUE(settles(a));
  const auto seen = observe(a);
  ASSERT_THAT(seen.groups, SizeIs(3));
  const provider::ObservedGroup& baseline = seen.groups.back();
  EXPECT_EQ(baseline.role, "baseline");
  EXPECT_EQ(baseline.release, "1.0+baseline");
  EXPECT_EQ(baseline.ready, 2);
  EXPECT_THAT(baseline.addresses, SizeIs(2));
  EXPECT_EQ(baseline.weight, 200'000U);
  EXPECT_EQ(seen.groups.front().weight, 600'000U);
  ASSERT_TRUE(apply(a, desired(3, {group("stable", "1.1", 2, kAllTraffic)})).ok());
  ASSERT_TRUE(settles(a));
  EXPECT_THAT(observe(b).groups, SizeIs(1));
  EXPECT_EQ(a.served(), 2U);
}

TEST_F(Pooled, a_leaving_replica_ends_after_the_other_edge_has_let_go_of_it) {
  ASSERT_TRUE(apply(a, desired(1, {group("stable", "1.0", 4, kAllTraffic)})).ok());
  ASSERT_TRUE(settles(a));
  running = {&a};
  ASSERT_TRUE(apply(a, desired(2, {group("stable", "1.0", 2, kAllTraffic)})).ok());
  ASSERT_TRUE(turn_until([&] { return a.scene.proxy.open_servers("acme.shop.a").size() == 3; }));
  for (int i = 0; i < 300; ++i) a.scene.turn(Span(1));
  EXPECT_EQ(a.scene.processes.running(), 2) << "it was ended while the other edge may route to it";
  running = {&a, &b};
  ASSERT_TRUE(settles(a));
  EXPECT_EQ(a.scene.processes.running() + b.scene.processes.running(), 2);
}

TEST_F(Pooled, a_silent_machines_share_goes_to_the_living_and_is_not_taken_back) {
  ASSERT_TRUE(apply(b, desired(1, {group("stable", "1.0", 4, kAllTraffic)})).ok());
  ASSERT_TRUE(settles(a));
  running = {&a};
  store.clock.advance(seconds(11));
  ASSERT_TRUE(turn_until([&] { return a.scene.processes.running() == 4; }));
  ASSERT_TRUE(settles(a));
  EXPECT_EQ(a.served(), 4U) << "what the silent one runs is still served";
  EXPECT_THAT(observe(a).problems.at(0), HasSubstr("machine dock-2 (127.0.0.3) has been silent for 11 s"));
  running = {&a, &b};
  ASSERT_TRUE(turn_until([&] { return b.scene.processes.running() == 0; }));
  ASSERT_TRUE(settles(b));
  EXPECT_EQ(a.scene.processes.running(), 4);
  EXPECT_EQ(b.served(), 4U);
  EXPECT_THAT(observe(a).problems, IsEmpty());
}

TEST_F(Pooled, a_damaged_record_of_a_dead_machine_is_told_and_left_out) {
  ASSERT_TRUE(apply(a, desired(1, {group("stable", "1.0", 2, kAllTraffic)})).ok());
  ASSERT_TRUE(settles(a));
  storage::WriteRequest damaged;
  damaged.puts.push_back({{"system", "pool/docks", "member/dock-0"}, "{\"machine\": 7}"});
  run(a, store.write(damaged));
  ASSERT_TRUE(turn_until([&] { return !observe(a).problems.empty(); }));
  EXPECT_THAT(observe(a).problems.at(0), HasSubstr("its record is damaged: pool/docks member/dock-0"));
  running = {&a};
  store.clock.advance(seconds(11));
  ASSERT_TRUE(turn_until([&] {
    return std::ranges::any_of(observe(a).problems, [](const auto& text) { return text.find("dock-2") != text.npos; });
  })) << "nobody is seen to come or to die";
}

TEST_F(Pooled, orders_are_fenced_for_the_whole) {
  provider::Desired newer = desired(3, {group("stable", "1.0", 2, kAllTraffic)});
  newer.token = 9;
  ASSERT_TRUE(apply(a, newer).ok());
  provider::Desired older = desired(4, {group("stable", "1.1", 2, kAllTraffic)});
  older.token = 8;
  const Status refused = apply(b, older);
  EXPECT_EQ(refused.code, Code::aborted);
  EXPECT_THAT(refused.message, HasSubstr("the fencing token 8 is older than 9"));
  EXPECT_EQ(run(b, b.pool->remove({"acme", "shop", 8})).code, Code::aborted);
}

TEST_F(Pooled, a_removed_application_goes_everywhere_and_leaves_its_fence) {
  ASSERT_TRUE(apply(a, desired(1, {group("stable", "1.0", 2, kAllTraffic)})).ok());
  ASSERT_TRUE(settles(a));
  ASSERT_TRUE(run(b, b.pool->remove({"acme", "shop", 5})).ok());
  ASSERT_TRUE(turn_until([&] { return run(a, a.pool->observe({"acme", "shop"})).status().code == Code::not_found; }));
  EXPECT_EQ(a.scene.processes.running() + b.scene.processes.running(), 0);
  EXPECT_EQ(apply(a, desired(2, {group("stable", "1.0", 2, kAllTraffic)})).code, Code::aborted);
}

}  // namespace
}  // namespace slipway::local::test
