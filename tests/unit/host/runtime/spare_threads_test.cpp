#include <boost/asio/post.hpp>
#include <future>

#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

// A runtime of one thread, and handlers that hold theirs until they are let go.
class SpareThreadsTest : public ::testing::Test {
 protected:
  ~SpareThreadsTest() override {
    let_go.set_value();
    runtime.stop();
  }
  void hold_a_thread() {
    std::promise<void> held;
    const auto is_held = held.get_future();
    boost::asio::post(runtime.executor(), [held = std::move(held), until = released]() mutable {
      held.set_value();
      until.wait();
    });
    EXPECT_EQ(is_held.wait_for(kTestDeadline), std::future_status::ready);
  }
  // Ready once the runtime has run one more handler.
  std::future<void> goes_on() {
    std::promise<void> ran;
    auto future = ran.get_future();
    boost::asio::post(runtime.executor(), [ran = std::move(ran)]() mutable { ran.set_value(); });
    return future;
  }

  std::promise<void> let_go;
  std::shared_future<void> released = let_go.get_future().share();
  Collected<std::uint32_t> started;
  Collected<bool> missed;
  Runtime runtime{{.threads = 1,
                   .spare = {.most = 2,
                             .patience = milliseconds(5),
                             .on_start = [this](std::uint32_t number) { started.add(number); },
                             .on_none_left = [this] { missed.add(true); }}}};
};

TEST_F(SpareThreadsTest, each_held_thread_gets_a_substitute_that_goes_on_with_the_work) {
  runtime.start();
  hold_a_thread();
  hold_a_thread();
  EXPECT_EQ(started.wait_for(2), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(goes_on().wait_for(kTestDeadline), std::future_status::ready);
  EXPECT_EQ(runtime.spare_threads(), 2U);
}

TEST_F(SpareThreadsTest, there_are_never_more_than_the_most) {
  runtime.start();
  for (int i = 0; i < 3; ++i) hold_a_thread();
  const auto running = goes_on();
  missed.wait_for(2);
  EXPECT_EQ(runtime.spare_threads(), 2U);
  EXPECT_EQ(running.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  let_go.set_value();
  EXPECT_EQ(running.wait_for(kTestDeadline), std::future_status::ready);
  let_go = std::promise<void>();
}

}  // namespace
}  // namespace slipway::runtime
