// Durable decisions a second of the whole engine on storage-sqlite, with 64 rollouts under way at once, against single
// rows committed one by one with the same settings on the same disk.
//
// Engine, threads, calls of plugins, the canary and the store are those of a running host; only the world is in memory
// and obeys at once. A disk is never twice the same, so each round of rollouts is held against the single rows
// committed right before and right after it, and the median of the rounds' ratios is what counts.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <slipway/testing/library.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "host/bridge/plugin_caller.hpp"
#include "host/rollout/engine.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tools/rehearse/serve.hpp"

namespace slipway::bench {
namespace {

using Clock = std::chrono::steady_clock;
using rollout::Mode;

constexpr int kRollouts = 64;
constexpr double kGoal = 5;

// SLIPWAY_BENCH_SECONDS shortens a run that only shows that the benchmark works.
bool is_short() { return std::getenv("SLIPWAY_BENCH_SECONDS") != nullptr; }
int rounds() { return is_short() ? 1 : 9; }
std::chrono::duration<double> slice() { return std::chrono::duration<double>(is_short() ? 0.05 : 0.5); }

void require(bool held, const std::string& what) {
  if (held) return;
  std::fprintf(stderr, "bench-durable-steps: %s\n", what.c_str());
  std::_Exit(1);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values.at(values.size() / 2);
}

// One row of 1 KiB after the other, each in a transaction of its own.
class SingleRows {
 public:
  explicit SingleRows(const std::filesystem::path& path) {
    require(sqlite3_open(path.c_str(), &connection_) == SQLITE_OK, "cannot open " + path.string());
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT)");
    const char* sql = "INSERT INTO rows (value) VALUES (?)";
    require(sqlite3_prepare_v2(connection_, sql, -1, &insert_, nullptr) == SQLITE_OK, "prepare");
    sqlite3_bind_text(insert_, 1, value_.data(), static_cast<int>(value_.size()), SQLITE_STATIC);
  }
  SingleRows(const SingleRows&) = delete;
  SingleRows& operator=(const SingleRows&) = delete;
  ~SingleRows() {
    sqlite3_finalize(insert_);
    sqlite3_close(connection_);
  }

  double per_second() {
    std::int64_t rows = 0;
    const auto start = Clock::now();
    for (; Clock::now() - start < slice(); ++rows) {
      require(sqlite3_step(insert_) == SQLITE_DONE, sqlite3_errmsg(connection_));
      sqlite3_reset(insert_);
    }
    return static_cast<double>(rows) / seconds_since(start);
  }

 private:
  void run(const char* sql) {
    require(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(connection_));
  }

  const std::string value_ = std::string(1024, 'v');
  sqlite3* connection_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

// slipway.provider/1 that obeys at once. Thread-safe.
class ObedientWorld {
 public:
  provider::CapabilitiesReply capabilities(const Empty&) { return {}; }
  provider::ValidateReply validate(const provider::Desired&) { return {}; }
  Empty apply(const provider::Desired& desired) {
    const std::scoped_lock lock(mutex_);
    wanted_[desired.application] = desired;
    return {};
  }
  provider::Observation observe(const provider::Target& target) {
    const std::scoped_lock lock(mutex_);
    const auto found = wanted_.find(target.application);
    if (found == wanted_.end()) throw Error(Code::not_found, "never applied");
    provider::Observation seen{.generation = found->second.generation, .converged = true};
    for (const provider::DesiredGroup& group : found->second.groups) {
      seen.groups.push_back({.role = group.role,
                             .release = group.release.version,
                             .replicas = group.replicas,
                             .running = group.replicas,
                             .ready = group.replicas,
                             .weight = group.weight});
    }
    return seen;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, provider::Desired> wanted_;
};

class NoSink final : public runtime::HostSink {
 public:
  void log(std::uint32_t, std::string_view message, std::string_view) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  }
  void metric(std::uint32_t, std::string_view, std::string_view, double) override {}
  void request(runtime::HostRequest, runtime::Answerer) override {}
};

class NoCallSink final : public bridge::CallSink {
 public:
  void began(std::string_view) override {}
  void ended(const bridge::CallRecord&) override {}
  void refused(std::string_view, std::string_view, std::uint32_t) override {}
};

// Calls of the world in memory, of everything else as a host makes them.
class Site final : public bridge::Caller {
 public:
  explicit Site(const bridge::Routes& routes) : plugins_(routes, sink_) {}
  boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                   std::uint32_t method, std::string payload,
                                                   bridge::CallContext context) override {
    if (binding == "provider") co_return simulate::serve<provider::Interface>(world_, method, payload);
    const bool writes = interface == storage::kId && method == storage::Interface::index_of<storage::Write>();
    auto reply = co_await plugins_.call(binding, interface, method, std::move(payload), std::move(context));
    if (writes && reply.ok()) ++durable_;
    co_return reply;
  }
  // Batches that the store has taken so far.
  [[nodiscard]] std::int64_t durable() const { return durable_; }

 private:
  ObedientWorld world_;
  NoCallSink sink_;
  bridge::PluginCaller plugins_;
  std::atomic<std::int64_t> durable_ = 0;
};

// A host without its edges.
class Host {
 public:
  explicit Host(const std::filesystem::path& store) {
    runtime_.start();
    bridge::RouteTable::Bindings bindings;
    bindings["storage"].instance = plugin("storage-sqlite", to_text({{"path", store.string()}}));
    bindings["strategies.canary"].instance = plugin("strategy-canary", "{}");
    routes_.publish(std::make_shared<bridge::RouteTable>(std::move(bindings)));
    const Status status = wait(engine_.resume(seconds(10)));
    require(status.ok(), status.message);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    (void)wait(engine_.stop(seconds(10)));
    const auto last = routes_.publish(std::make_shared<bridge::RouteTable>());
    for (const auto& [name, route] : last->bindings()) (void)wait(route.instance->stop({}));
    runtime_.stop();
  }

  void make_application(const std::string& name) {
    Json steps = Json::array();
    for (int percent = 4; percent < 100; percent += 4) steps.push_back({{"weight", std::to_string(percent) + "%"}});
    const Json settings{{"steps", steps}, {"scale_down_delay", "0s"}};
    rollout::ApplicationSpec spec{.name = name, .replicas = 4, .strategy = {"canary", json_text(settings)}};
    require_ok(wait(engine_.put_application(somebody_, std::move(spec), {}, Mode::commit)));
  }
  void make_release(const std::string& application, const std::string& version) {
    rollout::ReleaseRequest request{.release = {.version = version, .command = {"/bin/app"}}};
    require_ok(wait(engine_.create_release(somebody_, application, std::move(request), Mode::commit)));
  }
  // Does not wait for the start.
  void deploy(const std::string& application, const std::string& release) {
    rollout::RolloutRequest request{.application = application, .release = release};
    starts_.push_back(begin(engine_.start_rollout(somebody_, std::move(request))));
  }
  void until_all_is_done() {
    for (auto& start : std::exchange(starts_, {})) require_ok(start.get());
    const auto until = Clock::now() + std::chrono::seconds(60);
    while (engine_.busy() > 0) {
      require(Clock::now() < until, "the rollouts do not end");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  [[nodiscard]] std::int64_t durable() const { return site_.durable(); }

 private:
  // Work on the host's threads.
  template <class T>
  std::future<T> begin(boost::asio::awaitable<T> work) {
    auto done = std::make_shared<std::promise<T>>();
    auto carry = [](boost::asio::awaitable<T> inner,
                    std::shared_ptr<std::promise<T>> into) -> boost::asio::awaitable<void> {
      into->set_value(co_await std::move(inner));
    };
    boost::asio::co_spawn(runtime_.executor(), carry(std::move(work), done), boost::asio::detached);
    return done->get_future();
  }
  template <class T>
  T wait(boost::asio::awaitable<T> work) {
    return begin(std::move(work)).get();
  }
  std::shared_ptr<runtime::Instance> plugin(const std::string& id, const std::string& config) {
    const auto library = std::make_shared<test::Library>(SLIPWAY_PLUGIN_ROOT "/" + id + "/0.1.0/" + id + ".so");
    auto instance = runtime::Instance::create(
        runtime_, library->table(), library,
        {.name = id, .plugin = id, .threading = runtime::Threading::concurrent, .config = config},
        std::make_shared<NoSink>());
    require(instance.ok(), instance.status().message);
    const Status started = wait((*instance)->start(seconds(10)));
    require(started.ok(), started.message);
    return *instance;
  }
  template <class T>
  static void require_ok(const Result<T>& result) {
    require(result.ok(), result.status().message);
  }

  const rollout::Actor somebody_{.tenant = "acme", .subject = "ann", .trace = ""};
  runtime::Runtime runtime_{{.threads = 2}};
  bridge::Routes routes_;
  Site site_{routes_};
  base::SystemClock clock_;
  base::SystemRandom random_;
  base::IdSource ids_{clock_, random_};
  rollout::AsioTimers timers_{runtime_.executor()};
  telemetry::Metrics metrics_;
  rollout::Engine engine_{
      {runtime_.executor(), site_, clock_, timers_, ids_, random_, telemetry::Log::none(), metrics_}, {}};
  std::vector<std::future<Result<rollout::Rollout>>> starts_;
};

std::string shop(int i) { return "shop-" + std::to_string(i); }

// Durable steps a second of one rollout of each application, all at once.
double round_of(Host& host, int number) {
  const std::string release = "1." + std::to_string(number);
  for (int i = 0; i < kRollouts; ++i) host.make_release(shop(i), release);
  const std::int64_t before = host.durable();
  const auto start = Clock::now();
  for (int i = 0; i < kRollouts; ++i) host.deploy(shop(i), release);
  host.until_all_is_done();
  return static_cast<double>(host.durable() - before) / seconds_since(start);
}

int run() {
  const test::TemporaryDirectory directory;
  SingleRows rows(directory.path() / "rows.db");
  Host host(directory.path() / "store.db");
  for (int i = 0; i < kRollouts; ++i) host.make_application(shop(i));
  (void)round_of(host, 0);  // the first releases go straight to all traffic

  std::vector<double> steps, singles, ratios;
  double before = rows.per_second();
  for (int i = 1; i <= rounds(); ++i) {
    steps.push_back(round_of(host, i));
    const double after = rows.per_second();
    singles.push_back((before + std::exchange(before, after)) / 2);
    ratios.push_back(steps.back() / singles.back());
  }
  report({.id = "storage-sqlite.durable_steps_64_rollouts",
          .value = median(steps),
          .unit = "steps/s",
          .reference = median(singles),
          .goal = "≥ 5 x single-row commits (median of rounds side by side)",
          .holds = median(ratios) >= kGoal,
          .ratio = median(ratios)});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
