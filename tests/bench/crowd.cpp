// A host with 100,000 rollouts under way: what it holds in memory, and how late it looks at them.
//
// The rollouts are copies of one canary that waits for a person, made in the store (storage-sqlite) while no host runs.
// A rollout looks at the world `look_again` after its last tick has ended: p99 is of what is between two looks beyond
// that, so of the tick itself and of how late the next one came. Memory is the whole process's, the world included.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/bench/copies.hpp"
#include "tests/bench/engine_host.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// SLIPWAY_BENCH_SECONDS shortens a run that only shows that the benchmark works.
bool is_short() { return std::getenv("SLIPWAY_BENCH_SECONDS") != nullptr; }
int rollouts() { return is_short() ? 50 : 100'000; }
Duration look_again() { return is_short() ? milliseconds(200) : seconds(15); }
Seconds watched() { return Seconds(is_short() ? 0.5 : 45); }

// When each rollout looked at the world.
class Ticks {
 public:
  void looks(const std::string& payload) {
    const auto now = Clock::now();
    const std::string name = application_in(payload);
    const std::scoped_lock lock(mutex_);
    const auto [place, is_new] = last_.try_emplace(name, now);
    if (is_new) looked_.notify_one();
    if (!is_new && watching_) late_.push_back(Seconds(now - place->second).count() - look_again_);
    place->second = now;
  }
  void watch() {
    const std::scoped_lock lock(mutex_);
    watching_ = true;
  }
  void until_known(std::size_t many) {
    std::unique_lock lock(mutex_);
    const bool known = looked_.wait_for(lock, std::chrono::seconds(300), [&] { return last_.size() >= many; });
    require(known, "only " + std::to_string(last_.size()) + " rollouts were looked at");
  }
  std::vector<double> late() {
    const std::scoped_lock lock(mutex_);
    std::sort(late_.begin(), late_.end());
    return late_;
  }

 private:
  static std::string application_in(const std::string& payload) {
    const auto at = payload.find("shop-");
    return at == std::string::npos ? std::string() : payload.substr(at, std::string_view(kFirst).size());
  }

  const double look_again_ = static_cast<double>(look_again().ns) / 1e9;
  std::mutex mutex_;
  std::condition_variable looked_;
  std::map<std::string, Clock::time_point> last_;
  std::vector<double> late_;
  bool watching_ = false;
};

rollout::EngineSettings settings() {
  rollout::EngineSettings settings;
  settings.look_again = look_again();
  settings.bounds.max_active = 1'000'000;
  return settings;
}

StorePlugin store_at(const std::filesystem::path& path) {
  return {"storage-sqlite", to_text({{"path", path.string()}}), runtime::Threading::concurrent};
}

// The canary of the first application, with a share of the traffic, waiting for a person.
void begin_one(const std::filesystem::path& store) {
  EngineHost host(store_at(store), settings());
  const Json steps = Json::array({{{"weight", "10%"}}, {{"pause", Json::object()}}});
  host.make_application({.name = kFirst, .replicas = 4, .strategy = {"canary", json_text(Json{{"steps", steps}})}});
  host.make_release(kFirst, "1.0");
  host.deploy(kFirst, "1.0");
  host.until_all_are_done();
  host.make_release(kFirst, "1.1");
  host.deploy(kFirst, "1.1");
  host.until_all_have_begun();
  const auto waits = [&] {
    const auto parked = host.parked();
    return parked.at(rollout::Parked::approval) + parked.at(rollout::Parked::time) == 1;
  };
  until(waits, std::chrono::seconds(20), "the first rollout does not come to its pause");
}

int run() {
  const test::TemporaryDirectory directory;
  const auto store = directory.path() / "store.db";
  begin_one(store);
  copy_the_first(store, rollouts());
  const double before = resident_mib();
  Ticks ticks;
  const auto on_call = [&ticks](std::string_view binding, std::uint32_t method, const std::string& payload) {
    if (binding == "provider" && method == provider::Interface::index_of<provider::Observe>()) ticks.looks(payload);
  };
  const auto begun = Clock::now();
  EngineHost host(store_at(store), settings(), on_call);
  const double ready = Seconds(Clock::now() - begun).count();
  ticks.until_known(static_cast<std::size_t>(rollouts()));
  const double all = Seconds(Clock::now() - begun).count();
  std::this_thread::sleep_for(std::chrono::nanoseconds(look_again().ns));  // what came with the start is over
  ticks.watch();
  std::this_thread::sleep_for(watched());
  const std::vector<double> late = ticks.late();
  require(!late.empty() && host.busy() == static_cast<std::size_t>(rollouts()), "not every rollout is under way");
  const double p99 = late[(late.size() * 99 + 99) / 100 - 1];
  const double mib = resident_mib();
  const double each = (mib - before) * 1024 / rollouts();
  const std::string many = std::to_string(rollouts()) + " rollouts under way";
  report({"crowd.tick_p99", p99, "s", std::nullopt, "≤ 1 s, " + many + " on 2 threads", p99 <= 1});
  report({"crowd.memory", mib, "MiB", std::nullopt, "≤ 2048, " + many, mib <= 2048});
  report({"crowd.memory_per_rollout", each, "KiB", std::nullopt, "≤ 20", each <= 20 || is_short()});
  report({"crowd.ready", ready, "s", std::nullopt, "none, to be watched", true});
  report({"crowd.all_looked_at", all, "s", std::nullopt, "none, to be watched", true});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
