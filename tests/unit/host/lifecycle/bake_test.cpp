// What sends the host back in the time after a change, and what becomes of that time when another change comes.
#include <gmock/gmock.h>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/lifecycle/apply_rig.hpp"

namespace slipway::lifecycle {
namespace {

using test::eventually;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// gate-alpha 1.0.0 is sound, 1.1.0 fails when it is asked to.
class Baking : public Applying {
 protected:
  void begin() {
    add("alpha", "sound");
    ASSERT_TRUE(start().ok());
    upgrade("alpha", "gate_fails_on_demand", "1.1.0");
  }
  ApplyOptions baked(Duration bake) {
    ApplyOptions options;
    options.watch = {.bake = bake, .look = milliseconds(1)};
    options.watch.returned = [this](std::string reason) -> boost::asio::awaitable<void> {
      returned_.set_value(std::move(reason));
      co_return;
    };
    return options;
  }
  void good(int calls) {
    for (int i = 0; i < calls; ++i) EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
  }
  void bad(int calls) {
    for (int i = 0; i < calls; ++i) (void)await_on(runtime_, ask("gates.alpha", seconds(5), R"({"word":"fail"})"));
  }
  // Why it went back; empty when it has not.
  std::string reason() {
    auto reason = returned_.get_future();
    return reason.wait_for(std::chrono::seconds(10)) == std::future_status::ready ? reason.get() : "";
  }

  std::promise<std::string> returned_;
};

TEST_F(Baking, TheGoodCallsOfItsTrialDoNotHideAFailure) {
  begin();
  ApplyOptions options = baked(seconds(600));
  options.try_out = {.share = 500'000, .length = seconds(600), .look = milliseconds(2)};
  options.try_out->judge = [this](const Tried&) -> boost::asio::awaitable<Opinion> {
    for (int i = 0; i < 2'000; ++i) (void)co_await ask("gates.alpha");
    co_return Opinion{Word::pass, "it is good"};
  };
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  bad(20);
  EXPECT_EQ(reason(), "20 of 20 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 5% allowed");
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, ALateFailureIsSeenWhateverNumberOfGoodCallsWasBefore) {
  begin();
  ApplyOptions options = baked(seconds(600));
  options.watch.recent = {.time = milliseconds(1), .calls = 20};
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  good(4'000);
  bad(100);
  EXPECT_THAT(reason(), HasSubstr("failed, more than the 5% allowed"));
  EXPECT_TRUE(stop().ok());
}

}  // namespace
}  // namespace slipway::lifecycle
