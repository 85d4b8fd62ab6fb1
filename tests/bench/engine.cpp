// One step of the engine in memory, and what an active rollout holds.
//
// A step: the observation becomes the strategy's question, crosses as text both ways, its answer becomes a decision,
// and the decision becomes the text of one atomic write. Memory: what a thousand rollouts in the middle of a canary
// free when their engine goes.
#include <malloc.h>

#include <chrono>
#include <cstdlib>

#include "host/rollout/advance.hpp"
#include "host/rollout/batch.hpp"
#include "tests/bench/report.hpp"
#include "tests/simulation/serve.hpp"
#include "tests/simulation/world.hpp"

namespace slipway::bench {
namespace {

using namespace rollout;

constexpr double kStepGoalUs = 50;
constexpr double kMemoryGoal = 20 * 1024;
constexpr Instant kNow{1'700'000'000'000'000'000};

// A canary of four replicas at 5 % that just got its last replica.
struct Scene {
  Scene() {
    application.value.tenant = "acme";
    application.value.spec = world.shop();
    application.value.stable_release = "1.0";
    application.version = 3;
    record.value.spec = world.shop();
    Rollout& rollout = record.value.rollout;
    rollout.id = "01hf0000000000000000000000";
    rollout.tenant = "acme";
    rollout.application = "shop";
    rollout.from_release = "1.0";
    rollout.to_release = "1.1";
    rollout.strategy = record.value.spec.strategy;
    rollout.state = State::progressing;
    record.value.phase = Phase::stepping;
    record.value.order.generation = 7;
    record.value.order.groups = {{"stable", "1.0", 4, kAllTraffic}, {"next", "1.1", 4, 0}};
    record.version = 5;
    for (const char* role : {"stable", "next"}) {
      provider::ObservedGroup group{.role = role,
                                    .release = group_of(record.value.order, role)->release,
                                    .replicas = 4,
                                    .running = 4,
                                    .ready = 4};
      group.ready_since.assign(4, kNow - seconds(9));
      for (int i = 0; i < 4; ++i) group.addresses.push_back("127.0.0.1:" + std::to_string(20'000 + i));
      seen.groups.push_back(std::move(group));
    }
    seen.generation = 7;
    seen.converged = true;
  }
  sim::World world;
  Stored<rollout::Application> application;
  Stored<Record> record;
  provider::Observation seen;
};

std::size_t step(Scene& scene) {
  const std::string question_text = encode_text(question(scene.record.value, scene.seen, kNow));
  const auto bytes = sim::serve<strategy::Interface>(scene.world.strategy,
                                                     strategy::Interface::index_of<strategy::Step>(), question_text);
  const auto reply = decode_text<strategy::StepReply>(*bytes, "the reply");
  if (!fault_of(*reply, scene.record.value).empty()) std::abort();
  auto next = advance(scene.record.value, *reply, scene.seen, kNow);
  if (!next.change) std::abort();
  const Draft draft = draft_of(std::move(*next.change), scene.application, &scene.record, &scene.seen, kNow);
  return encode_text(batch_of(draft)).size();
}

double step_us() {
  Scene scene;
  const char* brief = std::getenv("SLIPWAY_BENCH_SECONDS");
  const int rounds = brief == nullptr ? 20'000 : 20;
  std::size_t bytes = 0;
  for (int i = 0; i < rounds / 10; ++i) bytes += step(scene);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) bytes += step(scene);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
  if (bytes == 0) std::abort();
  return took.count() / rounds;
}

double bytes_per_rollout() {
  const int count = std::getenv("SLIPWAY_BENCH_SECONDS") == nullptr ? 1'000 : 20;
  sim::World world;
  world.start();
  for (int i = 0; i < count; ++i) {
    auto spec = world.shop({{"weights", {50'000}}});
    spec.name = "shop-" + std::to_string(i);
    world.make_stable(spec, "1.0");
    spec.strategy.settings = {{"weights", {50'000, 500'000}}, {"hold", "3600s"}, {"analysis", "errors"}};
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
  const double us = step_us();
  report({"engine.step", us, "us", std::nullopt, "≤ 50 us, in memory, canary", us <= kStepGoalUs});
  const double bytes = bytes_per_rollout();
  report(
      {"engine.memory_per_rollout", bytes, "bytes", std::nullopt, "≤ 20 KiB an active rollout", bytes <= kMemoryGoal});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
