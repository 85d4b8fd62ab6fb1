#include "tests/bench/engine_host.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <slipway/testing/library.hpp>
#include <thread>
#include <utility>

#include "tools/rehearse/serve.hpp"

namespace slipway::bench {
namespace {

using rollout::Mode;

class LogSink final : public runtime::HostSink {
 public:
  void log(std::uint32_t, std::string_view message, std::string_view) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  }
  void metric(std::uint32_t, std::string_view, std::string_view, double) override {}
  void request(runtime::HostRequest, runtime::Answerer) override {}
};

}  // namespace

void require(bool held, const std::string& what) {
  if (held) return;
  std::fprintf(stderr, "the benchmark can't go on: %s\n", what.c_str());
  std::_Exit(1);
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values.at(values.size() / 2);
}

void until(const std::function<bool()>& held, std::chrono::seconds patience, const std::string& otherwise) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!held()) {
    require(std::chrono::steady_clock::now() < end, otherwise);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

metrics::QueryReply SteadyTraffic::query(const metrics::QueryRequest& request) {
  const auto more = static_cast<double>(request.window.from.ns / 1'000'000'000 % 5);
  metrics::QueryReply reply;
  for (const metrics::GroupRef& group : request.groups) {
    const bool is_next = group.role == "next";
    reply.groups.push_back(
        {.role = group.role, .values = {{"requests", is_next ? 600 : 5400}, {"failures", (is_next ? 4 : 52) + more}}});
  }
  return reply;
}

boost::asio::awaitable<Result<std::string>> Site::call(std::string_view binding, std::string_view interface,
                                                       std::uint32_t method, std::string payload,
                                                       bridge::CallContext context) {
  if (listener_) listener_(binding, method, payload);
  if (binding == "provider") co_return simulate::serve<provider::Interface>(world_, method, payload);
  if (binding.starts_with("metrics.")) co_return simulate::serve<metrics::Interface>(traffic_, method, payload);
  const bool writes = interface == storage::kId && method == storage::Interface::index_of<storage::Write>();
  auto reply = co_await plugins_.call(binding, interface, method, std::move(payload), std::move(context));
  if (writes && reply.ok()) ++durable_;
  co_return reply;
}

EngineHost::EngineHost(const StorePlugin& store, rollout::EngineSettings settings, Listener listener)
    : engine_({runtime_.executor(), site_, clock_, timers_, ids_, random_, telemetry::Log::none(), metrics_},
              std::move(settings)) {
  site_.listen(std::move(listener));
  runtime_.start();
  bridge::RouteTable::Bindings bindings;
  bindings["storage"].instance = plugin(store);
  bindings["strategies.canary"].instance = plugin({"strategy-canary", "{}", runtime::Threading::concurrent});
  bindings["analyzers.sequential"].instance = plugin({"analyzer-sequential", "{}", runtime::Threading::concurrent});
  routes_.publish(std::make_shared<bridge::RouteTable>(std::move(bindings)));
  const Status status = wait(engine_.resume(seconds(10)));
  require(status.ok(), status.message);
}

EngineHost::~EngineHost() {
  (void)wait(engine_.stop(seconds(10)));
  const auto last = routes_.publish(std::make_shared<bridge::RouteTable>());
  for (const auto& [name, route] : last->bindings()) (void)wait(route.instance->stop({}));
  runtime_.stop();
}

std::shared_ptr<runtime::Instance> EngineHost::plugin(const StorePlugin& plugin) {
  const std::string& id = plugin.id;
  const auto library = std::make_shared<test::Library>(SLIPWAY_PLUGIN_ROOT "/" + id + "/0.1.0/" + id + ".so");
  auto instance = runtime::Instance::create(
      runtime_, library->table(), library,
      {.name = id, .plugin = id, .threading = plugin.threading, .config = plugin.config}, std::make_shared<LogSink>());
  require(instance.ok(), instance.status().message);
  const Status started = wait((*instance)->start(seconds(10)));
  require(started.ok(), started.message);
  return *instance;
}

void EngineHost::make_application(rollout::ApplicationSpec spec) {
  require_ok(wait(engine_.put_application(somebody_, std::move(spec), {}, Mode::commit)));
}

void EngineHost::make_release(const std::string& application, const std::string& version) {
  rollout::ReleaseRequest request{.release = {.version = version, .command = {"/bin/app"}}};
  require_ok(wait(engine_.create_release(somebody_, application, std::move(request), Mode::commit)));
}

void EngineHost::deploy(const std::string& application, const std::string& release) {
  rollout::RolloutRequest request{.application = application, .release = release};
  starts_.push_back(begin(engine_.start_rollout(somebody_, std::move(request))));
}

void EngineHost::until_all_have_begun() {
  for (auto& start : std::exchange(starts_, {})) require_ok(start.get());
}

void EngineHost::until_all_are_done() {
  until_all_have_begun();
  until([this] { return engine_.busy() == 0; }, std::chrono::seconds(60), "the rollouts do not end");
}

}  // namespace slipway::bench
