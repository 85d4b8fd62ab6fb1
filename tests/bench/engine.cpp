// One step of the engine in memory, and what an active rollout holds.
//
// A step, of a whole engine with the shipped canary: the observation becomes the strategy's question, crosses the ABI
// as text both ways, its answer becomes a decision, and the decision becomes one atomic write. The median of a
// thousand, with the steps that people write; beside it with as many steps as settings may have. Memory: what a
// thousand rollouts in the middle of a canary free when their engine goes.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "tests/bench/report.hpp"
#include "tests/simulation/real_plugin.hpp"
#include "tests/simulation/world.hpp"
#include "tools/rehearse/serve.hpp"

namespace slipway::bench {
namespace {

constexpr double kStepGoalUs = 50;
constexpr double kMemoryGoal = 20'000;

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

// Stands between the engine and what is around it, and takes the time of each step: from the observation's answer to
// the answer of the write, without what the simulated store did itself. The strategy is the shipped one, in its
// library.
class Stopwatch {
 public:
  explicit Stopwatch(sim::World& world) : canary_(SLIPWAY_CANARY) {
    world.plugins["provider"] = [this, &world](std::string_view, std::uint32_t method, const std::string& payload) {
      auto answer = simulate::serve<provider::Interface>(world.provider, method, payload);
      asked_ = false;
      if (method == provider::Interface::index_of<provider::Observe>()) began_ = Clock::now();
      return answer;
    };
    world.plugins["strategies.canary"] = [this](std::string_view interface, std::uint32_t method,
                                                const std::string& payload) {
      asked_ = method == strategy::Interface::index_of<strategy::Step>();
      return canary_.call(interface, method, payload);
    };
    world.plugins["storage"] = [this, &world](std::string_view, std::uint32_t method, const std::string& payload) {
      const auto came = Clock::now();
      auto answer = simulate::serve<storage::Interface>(world.storage, method, payload);
      if (std::exchange(asked_, false) && method == storage::Interface::index_of<storage::Write>())
        steps.push_back(Microseconds(came - began_).count());
      return answer;
    };
  }
  std::vector<double> steps;

 private:
  sim::RealPlugin canary_;
  Clock::time_point began_;
  bool asked_ = false;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values.at(values.size() / 2);
}

int rollouts() { return std::getenv("SLIPWAY_BENCH_SECONDS") == nullptr ? 100 : 2; }

// Canaries of four replicas with these settings, one after the other.
double step_us(const Json& settings) {
  sim::World world;
  Stopwatch watch(world);
  world.notifiers.clear();
  world.fate = [](int, std::string_view, std::uint32_t) { return sim::World::Fate::at_once; };
  world.start();
  auto spec = world.shop();
  spec.strategy = {"canary", json_text(settings)};
  world.make_stable(spec, "1.0");
  watch.steps.clear();
  for (int i = 1; i <= rollouts(); ++i) {
    const std::string release = "1." + std::to_string(i);
    (void)world.make_release("shop", release);
    const auto rollout = world.deploy("shop", release);
    if (!rollout.ok() || !world.until([&] { return world.engine().busy() == 0; })) std::abort();
  }
  return median(std::move(watch.steps));
}

Json weight(int percent) { return {{"weight", std::to_string(percent) + "%"}}; }

// As the guides and the demo have it: each weight is judged before the next.
Json usual() {
  Json steps = Json::array();
  for (const int percent : {5, 25, 50}) {
    steps.push_back(weight(percent));
    steps.push_back({{"analysis", {"errors"}}});
  }
  return {{"steps", steps}};
}

// As many steps as settings may have.
Json longest() {
  Json steps = Json::array();
  for (int percent = 1; percent < 100; ++percent) steps.push_back(weight(percent));
  return {{"steps", steps}};
}

double bytes_per_rollout() {
  const int count = std::getenv("SLIPWAY_BENCH_SECONDS") == nullptr ? 1'000 : 20;
  sim::World world;
  world.start();
  for (int i = 0; i < count; ++i) {
    auto spec = world.shop({{"weights", {50'000}}});
    spec.name = "shop-" + std::to_string(i);
    world.make_stable(spec, "1.0");
    spec.strategy.settings = json_text({{"weights", {50'000, 500'000}}, {"hold", "3600s"}, {"analysis", "errors"}});
    (void)world.make_application(spec);
    (void)world.make_release(spec.name, "1.1");
    (void)world.deploy(spec.name, "1.1");
  }
  world.run_for(seconds(20));
  if (world.engine().busy() != static_cast<std::size_t>(count)) std::abort();
  const auto before = mallinfo2().uordblks;
  world.crash();
  return static_cast<double>(before - mallinfo2().uordblks) / count;
}

int run() {
  const double us = step_us(usual());
  report({"engine.step", us, "us", std::nullopt, "≤ 50 us, in memory, canary (median)", us <= kStepGoalUs});
  report({"engine.step_of_99", step_us(longest()), "us", std::nullopt, "none, to be watched", true});
  const double bytes = bytes_per_rollout();
  report(
      {"engine.memory_per_rollout", bytes, "bytes", std::nullopt, "≤ 20 KB an active rollout", bytes <= kMemoryGoal});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
