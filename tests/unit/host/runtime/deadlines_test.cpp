#include "host/runtime/deadlines.hpp"

#include "host/base/random.hpp"
#include "host/runtime/call_slot.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

class DeadlinesTest : public ::testing::Test {
 protected:
  DeadlinesTest() {
    deadlines.bind(owner);
    runtime.start();
  }
  ~DeadlinesTest() override { runtime.stop(); }

  static std::uint64_t id(std::uint32_t index) { return call_id::make(1, 1, index); }

  Runtime runtime{{.threads = 1}};
  Collected<std::uint64_t> fired;
  std::shared_ptr<int> owner = std::make_shared<int>(0);
  Deadlines deadlines{runtime.executor(), 256,
                      [](void* me, std::uint64_t call) { static_cast<DeadlinesTest*>(me)->fired.add(call); }, this};
};

TEST_F(DeadlinesTest, they_fire_in_order_of_time_whatever_the_order_of_arming) {
  base::SeededRandom random(1);
  const Deadline base = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  std::vector<std::uint32_t> order(200);
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  for (const std::uint32_t i : order) deadlines.arm(id(i), base + std::chrono::microseconds(i));
  const auto calls = fired.wait_for(200);
  for (std::uint32_t i = 0; i < 200; ++i) EXPECT_EQ(calls[i], id(i));
}

TEST_F(DeadlinesTest, a_disarmed_one_does_not_fire_and_the_others_do) {
  base::SeededRandom random(2);
  const Deadline base = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  for (std::uint32_t i = 0; i < 200; ++i) deadlines.arm(id(i), base + std::chrono::microseconds(random.below(1000)));
  for (std::uint32_t i = 0; i < 200; i += 2) deadlines.disarm(id(i));
  for (const std::uint64_t call : fired.wait_for(100)) EXPECT_EQ(call_id::index(call) % 2, 1U);
  EXPECT_EQ(fired.size(), 100U);
}

TEST_F(DeadlinesTest, an_earlier_one_armed_later_fires_first) {
  const Deadline now = std::chrono::steady_clock::now();
  deadlines.arm(id(1), now + std::chrono::hours(1));
  deadlines.arm(id(2), now + std::chrono::milliseconds(1));
  EXPECT_EQ(fired.wait_for(1)[0], id(2));
  deadlines.disarm(id(1));
}

TEST_F(DeadlinesTest, disarming_an_older_use_of_the_slot_changes_nothing) {
  deadlines.arm(call_id::make(1, 2, 5), std::chrono::steady_clock::now() + std::chrono::milliseconds(5));
  deadlines.disarm(call_id::make(1, 1, 5));
  EXPECT_EQ(fired.wait_for(1)[0], call_id::make(1, 2, 5));
}

TEST_F(DeadlinesTest, nothing_fires_once_the_owner_is_gone) {
  deadlines.arm(id(1), std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  owner.reset();
  deadlines.arm(id(2), std::chrono::steady_clock::now());
  std::promise<void> later;
  boost::asio::steady_timer timer(runtime.executor(), std::chrono::milliseconds(10));
  timer.async_wait([&](const boost::system::error_code&) { later.set_value(); });
  later.get_future().wait();
  EXPECT_EQ(fired.size(), 0U);
}

TEST(BudgetTest, no_deadline_lies_far_ahead_and_a_past_one_leaves_nothing) {
  EXPECT_GT(remaining_ns(deadline_in(SLIPWAY_NO_DEADLINE)), seconds(1'000'000'000).ns);
  EXPECT_EQ(remaining_ns(deadline_in(-5)), 0);
}

}  // namespace
}  // namespace slipway::runtime
