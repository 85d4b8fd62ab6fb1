// What callers notice of swaps: the same binding goes to another generation again and again while calls come at a
// steady rate from several coroutines. Every call is counted by its caller and by the generation that took it: those
// that failed, that were answered never, and that were taken more often than asked. The pause is the longest time that
// a swap held a call beyond the time that calls take without one.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <mutex>
#include <vector>

#include "host/bridge/plugin_caller.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/unchecked_signatures.hpp"

namespace slipway::bench {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

class NoSink final : public bridge::CallSink {
 public:
  void began(std::string_view) override {}
  void ended(const bridge::CallRecord&) override {}
  void refused(std::string_view, std::string_view, std::uint32_t) override {}
};

// Adds up what the generations say at their end of the calls that they took.
class CountingHost final : public runtime::HostSink {
 public:
  explicit CountingHost(std::atomic<std::uint64_t>& taken) : taken_(taken) {}
  void log(std::uint32_t, std::string_view message, std::string_view) override {
    constexpr std::string_view kTook = "took ";
    if (message.starts_with(kTook)) taken_ += std::stoull(std::string(message.substr(kTook.size())));
  }
  void metric(std::uint32_t, std::string_view, std::string_view, double) override {}
  void request(runtime::HostRequest, runtime::Answerer) override {}

 private:
  std::atomic<std::uint64_t>& taken_;
};

long resident_kb() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * share)];
}

class Bench {
 public:
  Bench() {
    runtime_.start();
    root_.install({.fixture = "counts", .id = "gate-a"});
    root_.install({.fixture = "counts", .id = "gate-a", .version = "1.1.0"});
    catalog_ = loader::Catalog::scan({root_.path()});
    profile_.profile.name = "bench";
    profile_.plugins["a"].plugin = "gate-a";
    profile_.bindings["gates.a"] = {"a"};
    profile_.plugins["a"].version = *base::parse_range("1.0.0");
    await(lifecycle_.start(*lifecycle::make_plan(profile_, catalog_)));
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() { runtime_.stop(); }
  // Every generation has ended then.
  void stop() { await(lifecycle_.stop()); }
  bool swap(int number) {
    profile_.plugins["a"].version = *base::parse_range(number % 2 == 0 ? "1.1.0" : "1.0.0");
    return await(lifecycle_.apply(*lifecycle_.take_turn("swap"), *lifecycle::make_plan(profile_, catalog_), {})).ok();
  }
  void start_load(int callers, std::chrono::microseconds interval) {
    stopping_ = false;
    for (int i = 0; i < callers; ++i)
      loads_.push_back(asio::co_spawn(runtime_.executor(), load(interval), asio::use_future));
  }
  void stop_load() {
    stopping_ = true;
    for (auto& one : loads_) one.get();
    loads_.clear();
  }
  std::vector<double> take_latencies() {
    const std::lock_guard lock(mutex_);
    return std::exchange(latencies_, {});
  }
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> taken{0};

 private:
  Status await(asio::awaitable<Status> work) {
    return asio::co_spawn(runtime_.executor(), std::move(work), asio::use_future).get();
  }
  asio::awaitable<void> load(std::chrono::microseconds interval) {
    asio::steady_timer timer(runtime_.executor());
    auto due = Clock::now();
    std::vector<double> mine;
    while (!stopping_) {
      bridge::CallContext context;
      const auto begun = Clock::now();
      ++asked;
      const auto reply = co_await caller_.call("gates.a", "slipway.gate/1", 0, "{}", std::move(context));
      mine.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
      reply.ok() ? ++answered : ++failed;
      due += interval;
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
    }
    const std::lock_guard lock(mutex_);
    latencies_.insert(latencies_.end(), mine.begin(), mine.end());
  }

  test::TemporaryDirectory directory_;
  test::PluginRoot root_{directory_.path() / "root"};
  loader::Catalog catalog_;
  manifest::Profile profile_;
  runtime::Runtime runtime_{{}};
  test::UncheckedSignatures unchecked_;
  loader::Loader loader_{{.store = directory_.path() / "store"}, unchecked_};
  bridge::Routes routes_;
  NoSink sink_;
  bridge::PluginCaller caller_{routes_, sink_};
  lifecycle::Lifecycle lifecycle_{
      {},
      {runtime_, loader_, [this](const lifecycle::PlannedInstance&) { return std::make_shared<CountingHost>(taken); },
       routes_}};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<double> latencies_;
  std::vector<std::future<void>> loads_;
};

// After a tenth as many that are not counted: the allocator spreads over the threads that take part in a swap.
void report_memory(Bench& bench, int swaps) {
  for (int i = 0; i < swaps / 10; ++i) (void)bench.swap(i);
  const long resident = resident_kb();
  const std::size_t used = ::mallinfo2().uordblks;
  for (int i = 0; i < swaps; ++i) (void)bench.swap(i);
  const auto grown = static_cast<double>(resident_kb() - resident);
  report({"swap.memory", grown, "KiB", static_cast<double>(resident), "flat: ≤ 1024 KiB more", grown <= 1024});
  const double more = (static_cast<double>(::mallinfo2().uordblks) - static_cast<double>(used)) / 1024;
  report({"swap.allocated", more, "KiB", static_cast<double>(used) / 1024, "flat: ≤ 256 KiB more", more <= 256});
}

void report_calls(const Bench& bench, int failed_swaps) {
  const std::uint64_t lost = bench.asked - bench.answered - bench.failed;
  const auto doubled = std::llabs(static_cast<long long>(bench.taken) - static_cast<long long>(bench.answered));
  const double wrong = static_cast<double>(bench.failed + lost) + static_cast<double>(doubled) + failed_swaps;
  report(
      {"swap.failed_calls", wrong, "calls", static_cast<double>(bench.asked), "0 failed, lost or doubled", wrong == 0});
}

int run(int swaps, int many_swaps) {
  Bench bench;
  constexpr int kCallers = 20;
  constexpr std::chrono::microseconds kInterval{2000};  // 10,000 calls/s in all
  bench.start_load(kCallers, kInterval);
  std::this_thread::sleep_for(std::chrono::milliseconds(many_swaps > 100 ? 2000 : 20));
  bench.stop_load();
  const double still = percentile(bench.take_latencies(), 0.99);
  bench.start_load(kCallers, kInterval);
  int done = 0;
  for (int i = 0; i < swaps; ++i) done += bench.swap(i) ? 1 : 0;
  bench.stop_load();
  const double moved = percentile(bench.take_latencies(), 0.99);
  report({"swap.pause_p99", moved, "ms", still, "≤ 1 ms", moved <= 1});
  report_memory(bench, many_swaps);
  bench.stop();
  report_calls(bench, swaps - done);
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() {
  const char* swaps = std::getenv("SLIPWAY_BENCH_SWAPS");
  const int count = swaps == nullptr ? 1000 : std::atoi(swaps);
  return slipway::bench::run(count, count * 10);
}
