#include "host/runtime/one_shot.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

namespace asio = boost::asio;

struct Counted final : OneShot<std::string> {};

asio::awaitable<void> hear(std::shared_ptr<Counted> value, Collected<std::string>& heard) {
  heard.add(co_await value->wait());
}

TEST(OneShotTest, a_value_that_is_there_already_is_waited_for_all_the_same) {
  Runtime runtime{{.threads = 1}};
  runtime.start();
  const auto value = std::make_shared<Counted>();
  EXPECT_TRUE(value->deliver("first"));
  EXPECT_FALSE(value->deliver("second"));
  EXPECT_EQ(await_on(runtime, value->wait()), "first");
  runtime.stop();
}

TEST(OneShotTest, of_values_that_race_with_each_other_and_with_the_waiter_one_is_heard_once) {
  Runtime runtime{{.threads = 2}};
  runtime.start();
  constexpr int kRounds = 2000;
  Collected<std::string> heard;
  for (int round = 0; round < kRounds; ++round) {
    const auto value = std::make_shared<Counted>();
    asio::co_spawn(runtime.executor(), hear(value, heard), asio::detached);
    bool theirs = false;
    std::thread other([&] { theirs = value->deliver("a value that is too long to lie in the string itself"); });
    const bool ours = value->deliver("another value that is too long to lie in the string itself");
    other.join();
    EXPECT_NE(ours, theirs);
    EXPECT_EQ(heard.wait_for(1).front().starts_with("another"), ours);
    EXPECT_EQ(heard.size(), 1U);
    heard.clear();
  }
  runtime.stop();
  EXPECT_EQ(heard.size(), 0U);
}

}  // namespace
}  // namespace slipway::runtime
