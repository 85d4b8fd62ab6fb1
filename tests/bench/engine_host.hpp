// A host without its edges, for figures of the engine: engine, threads, calls of plugins, strategy and store are those
// of a running one; only the world is in memory and obeys at once.
#pragma once

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "host/bridge/plugin_caller.hpp"
#include "host/rollout/engine.hpp"
#include "tests/support/obedient_provider.hpp"

namespace slipway::bench {

// Ends the program with these words unless it held.
void require(bool held, const std::string& what);
double median(std::vector<double> values);
// For what nobody is told of: asks until it holds, and ends the program with these words when it does not in time.
void until(const std::function<bool()>& held, std::chrono::seconds patience, const std::string& otherwise);

// Hears of each call before it is made, on any thread.
using Listener = std::function<void(std::string_view binding, std::uint32_t method, const std::string& payload)>;

// A source in memory: two groups with a hundredth of bad requests, a few more or less from window to window.
class SteadyTraffic {
 public:
  metrics::DescribeReply describe(const Empty&) { return {{{"requests", "", ""}, {"failures", "", ""}}, {}}; }
  metrics::QueryReply query(const metrics::QueryRequest& request);
};

class Site final : public bridge::Caller {
 public:
  explicit Site(const bridge::Routes& routes) : plugins_(routes, sink_) {}
  boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                   std::uint32_t method, std::string payload,
                                                   bridge::CallContext context) override;
  // Batches that the store has taken so far.
  [[nodiscard]] std::int64_t durable() const { return durable_; }
  // Before the host goes to work.
  void listen(Listener listener) { listener_ = std::move(listener); }

 private:
  class NoSink final : public bridge::CallSink {
   public:
    void began(std::string_view) override {}
    void ended(const bridge::CallRecord&) override {}
    void refused(std::string_view, std::string_view, std::uint32_t) override {}
  };

  test::ObedientProvider world_;
  SteadyTraffic traffic_;
  NoSink sink_;
  bridge::PluginCaller plugins_;
  Listener listener_;
  std::atomic<std::int64_t> durable_ = 0;
};

struct StorePlugin {
  std::string id;
  std::string config;
  runtime::Threading threading;
};

class EngineHost {
 public:
  explicit EngineHost(const StorePlugin& store, rollout::EngineSettings settings = {}, Listener listener = {});
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;
  ~EngineHost();

  void make_application(rollout::ApplicationSpec spec);
  void make_release(const std::string& application, const std::string& version);
  // Does not wait for the start.
  void deploy(const std::string& application, const std::string& release);
  // Those deployed and those before them.
  void until_all_have_begun();
  void until_all_are_done();
  [[nodiscard]] std::size_t busy() const { return engine_.busy(); }
  [[nodiscard]] std::map<rollout::Parked, std::size_t> parked() const { return engine_.parked(); }
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
  template <class T>
  static void require_ok(const Result<T>& result) {
    require(result.ok(), result.status().message);
  }
  std::shared_ptr<runtime::Instance> plugin(const StorePlugin& plugin);

  const rollout::Actor somebody_{.tenant = "acme", .subject = "ann", .trace = ""};
  runtime::Runtime runtime_{{.threads = 2}};
  bridge::Routes routes_;
  Site site_{routes_};
  base::SystemClock clock_;
  base::SystemRandom random_;
  base::IdSource ids_{clock_, random_};
  rollout::AsioTimers timers_{runtime_.executor()};
  telemetry::Metrics metrics_;
  rollout::Engine engine_;
  std::vector<std::future<Result<rollout::Rollout>>> starts_;
};

}  // namespace slipway::bench
