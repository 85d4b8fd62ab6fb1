#include "host/runtime/strand.hpp"

#include <future>

#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

class StrandTest : public ::testing::Test {
 protected:
  StrandTest() { runtime.start(); }
  ~StrandTest() override { runtime.stop(); }

  Runtime runtime{{.threads = 2}};
  std::shared_ptr<Strand> strand = std::make_shared<Strand>(runtime.executor(), runtime.blocking());
  Collected<int> ran;
};

TEST_F(StrandTest, nothing_runs_before_release_and_then_all_in_order) {
  for (int i = 0; i < 40; ++i) strand->post(i % 5 == 0 ? Lane::blocking : Lane::io, [this, i] { ran.add(i); });
  EXPECT_EQ(ran.size(), 0U);
  EXPECT_EQ(strand->waiting(), 40U);
  strand->release();
  const auto order = ran.wait_for(40);
  EXPECT_EQ(strand->waiting(), 0U);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(StrandTest, blocking_tasks_run_on_the_pool_and_others_do_not) {
  strand->release();
  std::promise<bool> on_pool;
  std::promise<bool> on_io;
  strand->post(Lane::blocking, [&] { on_pool.set_value(runtime.blocking().running_in_this_thread()); });
  strand->post(Lane::io, [&] { on_io.set_value(runtime.blocking().running_in_this_thread()); });
  EXPECT_TRUE(on_pool.get_future().get());
  EXPECT_FALSE(on_io.get_future().get());
}

TEST_F(StrandTest, a_task_knows_that_it_runs_on_the_strand) {
  strand->release();
  std::promise<bool> inside;
  strand->post(Lane::io, [&] { inside.set_value(strand->running_in_this_thread()); });
  EXPECT_TRUE(inside.get_future().get());
  EXPECT_FALSE(strand->running_in_this_thread());
}

TEST_F(StrandTest, a_task_posted_from_a_task_runs_after_it) {
  strand->release();
  strand->post(Lane::io, [this] {
    strand->post(Lane::io, [this] { ran.add(2); });
    ran.add(1);
  });
  EXPECT_EQ(ran.wait_for(2), (std::vector<int>{1, 2}));
}

TEST_F(StrandTest, close_drops_what_waits) {
  auto held = std::make_shared<int>(1);
  strand->post(Lane::io, [held] {});
  EXPECT_EQ(held.use_count(), 2);
  strand->close();
  EXPECT_EQ(held.use_count(), 1);
  strand->post(Lane::io, [held] {});
  EXPECT_EQ(held.use_count(), 1);
}

using BlockingPoolTest = ::testing::Test;

TEST_F(BlockingPoolTest, a_full_pool_refuses_by_name_and_takes_work_again_when_it_has_room) {
  BlockingPool pool({.name = "libpq", .threads = 1, .limit = 2});
  std::promise<void> gate;
  ASSERT_TRUE(pool.post([&] { gate.get_future().wait(); }).ok());
  ASSERT_TRUE(pool.post([] {}).ok());
  EXPECT_EQ(pool.post([] {}), Status(Code::resource_exhausted,
                                     "the pool \"libpq\" has 2 tasks waiting or running, the most that it may have"));
  EXPECT_EQ(pool.refused(), 1U);
  gate.set_value();
  while (pool.pending() > 0) std::this_thread::yield();
  std::promise<void> ran;
  EXPECT_TRUE(pool.post([&] { ran.set_value(); }).ok());
  ran.get_future().wait();
}

TEST_F(BlockingPoolTest, its_end_waits_for_the_tasks_that_it_took) {
  std::atomic<int> ran{0};
  {
    BlockingPool pool({.name = "x", .threads = 1, .limit = 10});
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(pool.post([&] { ++ran; }).ok());
  }
  EXPECT_EQ(ran.load(), 5);
}

}  // namespace
}  // namespace slipway::runtime
