#include "host/runtime/resumptions.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <future>

#include "host/runtime/one_shot.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

namespace asio = boost::asio;

class ResumptionsTest : public ::testing::Test {
 protected:
  ResumptionsTest() { runtime.start(); }
  ~ResumptionsTest() override { runtime.stop(); }

  struct Numbered final : OneShot<int> {};

  // A coroutine that tells what it is given. It waits once this returns.
  std::shared_ptr<Numbered> waiter(const asio::any_io_executor& executor) {
    auto value = std::make_shared<Numbered>();
    asio::co_spawn(executor, tell(value), asio::detached);
    run_on(executor, [] {});
    return value;
  }
  asio::awaitable<void> tell(std::shared_ptr<Numbered> value) {
    const int number = co_await value->wait();
    if (number == blocks_at) blocker.get_future().get();
    told.add(number);
  }
  template <class Work>
  void run_on(const asio::any_io_executor& executor, Work work) {
    std::promise<void> done;
    asio::post(executor, [&] {
      work();
      done.set_value();
    });
    done.get_future().get();
  }

  // One: what has been posted before is over when a later piece of work runs.
  Runtime runtime{{.threads = 1}};
  Collected<int> told;
  int blocks_at = -1;
  std::promise<void> blocker;
};

TEST_F(ResumptionsTest, values_that_come_while_it_gathers_resume_nobody_before_run_and_everybody_then) {
  std::vector<std::shared_ptr<Numbered>> waiters;
  for (int i = 0; i < 20; ++i) waiters.push_back(waiter(runtime.executor()));
  run_on(runtime.executor(), [&] {
    Resumptions answered(runtime.context());
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(waiters[static_cast<std::size_t>(i)]->deliver(i));
    EXPECT_EQ(told.size(), 0U);
    answered.run();
    EXPECT_EQ(told.size(), 20U);
  });
  const auto order = told.wait_for(20);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(ResumptionsTest, one_value_resumes_its_coroutine_without_a_turn_of_the_executor) {
  const auto only = waiter(runtime.executor());
  run_on(runtime.executor(), [&] {
    Resumptions answered(runtime.context());
    only->deliver(1);
    answered.run();
    EXPECT_EQ(told.size(), 1U);
  });
}

TEST_F(ResumptionsTest, a_coroutine_that_does_not_go_on_holds_up_no_other) {
  Runtime two{{.threads = 2}};
  two.start();
  std::vector<std::shared_ptr<Numbered>> waiters;
  for (int i = 0; i < 10; ++i) waiters.push_back(waiter(two.executor()));
  blocks_at = 0;
  asio::post(two.executor(), [&] {
    Resumptions answered(two.context());
    for (int i = 0; i < 10; ++i) waiters[static_cast<std::size_t>(i)]->deliver(i);
    answered.run();
  });
  EXPECT_EQ(told.wait_for(9).size(), 9U);
  blocker.set_value();
  EXPECT_EQ(told.wait_for(10).back(), 0);
  two.stop();
}

TEST_F(ResumptionsTest, a_strand_keeps_its_own_order_and_another_context_its_own_threads) {
  Runtime other{{.threads = 1}};
  other.start();
  const auto on_strand = waiter(asio::make_strand(runtime.context()));
  const auto elsewhere = waiter(other.executor());
  run_on(runtime.executor(), [&] {
    Resumptions answered(runtime.context());
    on_strand->deliver(1);
    elsewhere->deliver(2);
    // What was gathered would be lost here.
  });
  const auto both = told.wait_for(2);
  EXPECT_EQ(both[0] + both[1], 3);
  other.stop();
}

}  // namespace
}  // namespace slipway::runtime
