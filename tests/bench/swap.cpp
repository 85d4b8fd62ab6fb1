// What callers notice of swaps: the same binding goes to another generation again and again while calls come at a
// steady rate from several coroutines, once with a plugin that keeps nothing and once with one whose state is handed
// over. Every call is counted by its caller and by the generation that took it: those that failed, that were answered
// never, and that were taken more often than asked. The pause of a swap is the longest time that a call took which
// was under way during it, held against stretches of the same length without a swap.
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

// From when to when a call or a swap took.
struct Span {
  Clock::time_point begin;
  Clock::time_point end;
  [[nodiscard]] double ms() const { return std::chrono::duration<double, std::milli>(end - begin).count(); }
};

// Of each stretch, the longest call that was under way in it.
std::vector<double> longest(const std::vector<Span>& stretches, std::vector<Span> calls) {
  std::ranges::sort(calls, {}, &Span::end);
  std::vector<double> found;
  for (const Span& stretch : stretches) {
    double most = 0;
    for (auto call = std::ranges::lower_bound(calls, stretch.begin, {}, &Span::end);
         call != calls.end() && call->end <= stretch.end + std::chrono::seconds(1); ++call) {
      if (call->begin <= stretch.end) most = std::max(most, call->ms());
    }
    found.push_back(most);
  }
  return found;
}

constexpr int kCallers = 20;
constexpr std::chrono::microseconds kInterval{2000};

class Bench {
 public:
  // `more` is what both versions say of themselves.
  explicit Bench(const Json& more) {
    runtime_.start();
    const auto first = root_.install({.fixture = "counts", .id = "gate-a", .more = more});
    // Of other bytes, or both versions would be one library that is never unloaded.
    const test::PackageParts next{.fixture = "counts", .id = "gate-a", .version = "1.1.0", .more = more};
    const auto folder = root_.install(next);
    std::ofstream(folder / "gate-a.so", std::ios::binary | std::ios::app).put('\0');
    test::PluginRoot::seal(folder, next);
    digests_ = {*base::sha256_hex_of_file(first / "gate-a.so"), *base::sha256_hex_of_file(folder / "gate-a.so")};
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
    const bool swapped =
        await(lifecycle_.apply(*lifecycle_.take_turn("swap"), *lifecycle::make_plan(profile_, catalog_), {})).ok();
    if (swapped) ++swaps_;
    return swapped;
  }
  // Otherwise the next swap would find the library still there.
  void wait_until_unloaded(int number) {
    (void)loader_.residents().fate_of(digests_[static_cast<std::size_t>(number % 2)], seconds(5));
  }
  [[nodiscard]] std::uint64_t swaps() const { return swaps_; }
  // Libraries that have left the process.
  std::uint64_t unloaded() { return loader_.residents().unloaded(); }
  // 10,000 calls/s in all. Calls are kept for take_calls() or only counted.
  void start_load(bool keeps) {
    keeps_ = keeps;
    stopping_ = false;
    for (int i = 0; i < kCallers; ++i) loads_.push_back(asio::co_spawn(runtime_.executor(), load(), asio::use_future));
  }
  void stop_load() {
    stopping_ = true;
    for (auto& one : loads_) one.get();
    loads_.clear();
  }
  std::vector<Span> take_calls() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
  }
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> taken{0};

 private:
  Status await(asio::awaitable<Status> work) {
    return asio::co_spawn(runtime_.executor(), std::move(work), asio::use_future).get();
  }
  asio::awaitable<void> load() {
    asio::steady_timer timer(runtime_.executor());
    auto due = Clock::now();
    std::vector<Span> mine;
    while (!stopping_) {
      bridge::CallContext context;
      const auto begun = Clock::now();
      ++asked;
      const auto reply = co_await caller_.call("gates.a", "slipway.gate/1", 0, "{}", std::move(context));
      if (keeps_) mine.push_back({begun, Clock::now()});
      reply.ok() ? ++answered : ++failed;
      due += kInterval;
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
    }
    const std::lock_guard lock(mutex_);
    calls_.insert(calls_.end(), mine.begin(), mine.end());
  }

  test::TemporaryDirectory directory_;
  test::PluginRoot root_{directory_.path() / "root"};
  loader::Catalog catalog_;
  manifest::Profile profile_;
  base::SystemClock clock_;
  runtime::Runtime runtime_{{}};
  test::UncheckedSignatures unchecked_;
  loader::Loader loader_{{.store = directory_.path() / "store"}, unchecked_};
  bridge::Routes routes_;
  NoSink sink_;
  bridge::PluginCaller caller_{routes_, sink_};
  lifecycle::Lifecycle lifecycle_{
      {},
      {runtime_, loader_, clock_,
       [this](const lifecycle::PlannedInstance&) { return std::make_shared<CountingHost>(taken); }, routes_}};
  std::vector<std::string> digests_;
  std::uint64_t swaps_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> keeps_{false};
  std::mutex mutex_;
  std::vector<Span> calls_;
  std::vector<std::future<void>> loads_;
};

// Stretches as long as a usual swap, one after the other, in which nothing was swapped.
std::vector<Span> still_stretches(const std::vector<Span>& calls, const std::vector<Span>& swaps) {
  std::vector<double> lengths;
  for (const Span& swap : swaps) lengths.push_back(swap.ms());
  const auto length = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double, std::milli>(std::max(percentile(lengths, 0.5), 0.1)));
  const auto end = std::ranges::max(calls, {}, &Span::end).end;
  std::vector<Span> stretches;
  for (auto at = std::ranges::min(calls, {}, &Span::begin).begin; at + length < end; at += length)
    stretches.push_back({at, at + length});
  return stretches;
}

// Returns how many of the swaps failed.
int report_pause(Bench& bench, const std::string& id, int swaps) {
  bench.start_load(true);
  std::this_thread::sleep_for(std::chrono::milliseconds(swaps > 100 ? 2000 : 100));
  bench.stop_load();
  const std::vector<Span> still = bench.take_calls();
  std::vector<Span> done;
  const auto begun = Clock::now();
  bench.start_load(true);
  for (int i = 0; i < swaps; ++i) {
    const auto from = Clock::now();
    if (bench.swap(i)) done.push_back({from, Clock::now()});
    bench.wait_until_unloaded(i);
  }
  bench.stop_load();
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const std::vector<Span> moved = bench.take_calls();
  const double rate = static_cast<double>(moved.size()) / seconds;
  report({id + ".calls", rate, "1/s", std::nullopt, "≥ 9,500 while it is swapped", rate >= 9500});
  const double without = percentile(longest(still_stretches(still, done), still), 0.99);
  const double with = percentile(longest(done, moved), 0.99);
  report({id + ".pause_p99", with, "ms", without, "at most 1 ms longer than without a swap", with - without <= 1});
  return swaps - static_cast<int>(done.size());
}

void swap_and_unload(Bench& bench, int swaps) {
  for (int i = 0; i < swaps; ++i) {
    (void)bench.swap(i);
    bench.wait_until_unloaded(i);
  }
}

// Under the load too. After a tenth as many that are not counted: the allocator spreads over the threads that take
// part.
void report_memory(Bench& bench, const std::string& id, int swaps) {
  bench.start_load(false);
  swap_and_unload(bench, swaps / 10);
  const long resident = resident_kb();
  const std::size_t used = ::mallinfo2().uordblks;
  swap_and_unload(bench, swaps);
  const auto grown = static_cast<double>(resident_kb() - resident);
  const double more = (static_cast<double>(::mallinfo2().uordblks) - static_cast<double>(used)) / 1024;
  bench.stop_load();
  report({id + ".memory", grown, "KiB", static_cast<double>(resident), "flat: ≤ 1024 KiB more", grown <= 1024});
  report({id + ".allocated", more, "KiB", static_cast<double>(used) / 1024, "flat: ≤ 256 KiB more", more <= 256});
}

void report_calls(const Bench& bench, const std::string& id, int failed_swaps) {
  const std::uint64_t lost = bench.asked - bench.answered - bench.failed;
  const auto doubled = std::llabs(static_cast<long long>(bench.taken) - static_cast<long long>(bench.answered));
  const double wrong = static_cast<double>(bench.failed + lost) + static_cast<double>(doubled) + failed_swaps;
  report({id + ".failed_calls", wrong, "calls", static_cast<double>(bench.asked), "0 failed, lost or doubled",
          wrong == 0});
}

// Each swap leaves one library behind, which is loaded again at the next.
void report_unloaded(Bench& bench, const std::string& id) {
  const auto swaps = static_cast<double>(bench.swaps());
  const auto unloaded = static_cast<double>(bench.unloaded());
  report({id + ".unloaded", unloaded, "libraries", swaps, "each swap unloads one, all but 2", unloaded >= swaps - 2});
}

void run(const std::string& id, const Json& more, int swaps) {
  Bench bench(more);
  const int failed = report_pause(bench, id, swaps);
  report_memory(bench, id, swaps * 10);
  bench.stop();
  report_unloaded(bench, id);
  report_calls(bench, id, failed);
}

}  // namespace
}  // namespace slipway::bench

int main() {
  const char* swaps = std::getenv("SLIPWAY_BENCH_SWAPS");
  const int count = swaps == nullptr ? 1000 : std::atoi(swaps);
  slipway::bench::run("swap", slipway::Json::object(), count);
  const slipway::Json handed_over{{"state", {{"kind", "snapshot"}, {"reads", {1}}, {"writes", 1}}}};
  slipway::bench::run("swap_of_state", handed_over, count);
  return 0;
}
