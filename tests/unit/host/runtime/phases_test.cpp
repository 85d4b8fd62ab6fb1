#include "host/runtime/phases.hpp"

#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

class PhasesTest : public ::testing::Test {
 protected:
  PhasesTest() { runtime.start(); }
  ~PhasesTest() override { runtime.stop(); }

  void add(const std::string& name, Status result = {}) {
    phases.add({name,
                [this, name, result]() -> boost::asio::awaitable<Status> {
                  log.push_back("start " + name);
                  co_return result;
                },
                [this, name]() -> boost::asio::awaitable<void> {
                  log.push_back("stop " + name);
                  co_return;
                }});
  }
  boost::asio::awaitable<int> stop() {
    co_await phases.stop();
    co_return 0;
  }

  Runtime runtime{{.threads = 1}};
  Phases phases;
  std::vector<std::string> log;
};

TEST_F(PhasesTest, phases_start_in_order_and_stop_in_reverse) {
  add("storage");
  add("plugins");
  EXPECT_EQ(await_on(runtime, phases.start()), Status());
  EXPECT_EQ(phases.current(), "plugins");
  await_on(runtime, stop());
  await_on(runtime, stop());
  EXPECT_EQ(log, (std::vector<std::string>{"start storage", "start plugins", "stop plugins", "stop storage"}));
}

TEST_F(PhasesTest, a_failure_names_its_phase_and_stops_what_had_started) {
  add("storage");
  add("plugins", {Code::unavailable, "no such file"});
  add("api");
  EXPECT_EQ(await_on(runtime, phases.start()), Status(Code::unavailable, "plugins: no such file"));
  EXPECT_EQ(log, (std::vector<std::string>{"start storage", "start plugins", "stop storage"}));
}

}  // namespace
}  // namespace slipway::runtime
