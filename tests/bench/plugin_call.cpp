// What an in-process call costs above a direct C function pointer: the call is pinned to its generation, has a
// deadline, and is answered inside invoke. Once of the instance alone, and once on the whole way that the host's calls
// take: by the name of a binding, through the route table, counted in the metrics.
#include <benchmark/benchmark.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>

#include "host/bridge/plugin_caller.hpp"
#include "host/bridge/telemetry_sink.hpp"
#include "host/runtime/async_call.hpp"
#include "host/runtime/instance.hpp"
#include "tests/bench/nanoseconds.hpp"
#include "tests/bench/report.hpp"

struct slipway_instance {
  const slipway_host* host;
};

namespace slipway::bench {
namespace {

constexpr double kGoalNs = 25;
constexpr std::uint8_t kAnswer[] = "{}";
constexpr std::string_view kInterface = "slipway.gate/1";
constexpr slipway_blob kBlob{kAnswer, 2, nullptr, nullptr};

// A concurrent plugin that answers at once with bytes of its own.
slipway_status create(const slipway_host* host, slipway_span, slipway_instance** instance, slipway_blob*) {
  *instance = new slipway_instance{host};
  return SLIPWAY_OK;
}
slipway_status start(slipway_instance*, slipway_blob*) { return SLIPWAY_OK; }
void invoke(slipway_instance* instance, const slipway_call* call) {
  instance->host->complete(instance->host->context, call->id, SLIPWAY_OK, kBlob);
}
void ignore_call(slipway_instance*, std::uint64_t) {}
void ignore_reply(slipway_instance*, std::uint64_t, slipway_status, slipway_span) {}
void ignore(slipway_instance*) {}
void destroy(slipway_instance* instance) { delete instance; }

const slipway_plugin& table() {
  static const slipway_span interface { reinterpret_cast<const std::uint8_t*>(kInterface.data()), kInterface.size() };
  static const slipway_plugin plugin{.size = sizeof(slipway_plugin),
                                     .abi_major = SLIPWAY_ABI_MAJOR,
                                     .abi_minor = SLIPWAY_ABI_MINOR,
                                     .min_host_minor = 0,
                                     .interfaces = &interface,
                                     .interface_count = 1,
                                     .reserved = 0,
                                     .create = &create,
                                     .start = &start,
                                     .invoke = &invoke,
                                     .cancel = &ignore_call,
                                     .on_reply = &ignore_reply,
                                     .on_wake = &ignore_call,
                                     .quiesce = &ignore,
                                     .destroy = &destroy};
  return plugin;
}

class NoSink final : public runtime::HostSink {
 public:
  void log(std::uint32_t, std::string_view, std::string_view) override {}
  void metric(std::uint32_t, std::string_view, std::string_view, double) override {}
  void request(runtime::HostRequest, runtime::Answerer) override {}
};

boost::asio::awaitable<void> start_on(std::shared_ptr<runtime::Instance> instance, std::promise<Status>& done) {
  done.set_value(co_await instance->start(seconds(10)));
}
boost::asio::awaitable<void> stop_on(std::shared_ptr<runtime::Instance> instance, std::promise<Status>& done) {
  done.set_value(co_await instance->stop({}));
}

// A running instance for as long as the object lives.
class Running {
 public:
  explicit Running(runtime::Threading threading)
      : instance(*runtime::Instance::create(runtime, table(), nullptr,
                                            {.name = "echo", .plugin = "bench-echo", .threading = threading},
                                            std::make_shared<NoSink>())) {
    runtime.start();
    std::promise<Status> done;
    boost::asio::co_spawn(runtime.executor(), start_on(instance, done), boost::asio::detached);
    if (!done.get_future().get().ok()) std::abort();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    std::promise<Status> done;
    boost::asio::co_spawn(runtime.executor(), stop_on(instance, done), boost::asio::detached);
    done.get_future().wait();
    instance.reset();
    runtime.stop();
  }

  runtime::Runtime runtime{{.threads = 1, .spare = {.most = 0}}};
  std::shared_ptr<runtime::Instance> instance;
};

// The reference: the same payload through a C function pointer that the compiler cannot see through.
using DirectFn = slipway_span (*)(const slipway_call*);
slipway_span answer_directly(const slipway_call*) { return {kAnswer, 2}; }

void direct_pointer(benchmark::State& state) {
  DirectFn direct = &answer_directly;
  benchmark::DoNotOptimize(direct);
  slipway_call call{.size = sizeof(slipway_call)};
  for (auto _ : state) {
    benchmark::DoNotOptimize(call);
    slipway_span answer = direct(&call);
    benchmark::DoNotOptimize(answer);
  }
}

void pinned_call(benchmark::State& state) {
  const Running running(runtime::Threading::concurrent);
  const runtime::CallArguments arguments{.budget_ns = seconds(10).ns, .payload = "{}"};
  for (auto _ : state) {
    runtime::Reply reply;
    const auto begun = running.instance->call(arguments, {}, nullptr, reply);
    auto payload = reply.answer().payload;
    benchmark::DoNotOptimize(payload);
    if (begun.id != 0 || payload.size() != 2) std::abort();
  }
}

boost::asio::awaitable<void> await_calls(benchmark::State& state, std::shared_ptr<runtime::Instance> instance,
                                         std::promise<void>& done) {
  for (auto _ : state) {
    runtime::CallRequest request{.budget_ns = seconds(10).ns, .payload = "{}"};
    auto reply = co_await runtime::async_call(instance, std::move(request));
    if (!reply.ok()) std::abort();
  }
  done.set_value();
}

void awaited_call(benchmark::State& state, runtime::Threading threading) {
  Running running(threading);
  std::promise<void> done;
  boost::asio::co_spawn(running.runtime.executor(), await_calls(state, running.instance, done), boost::asio::detached);
  done.get_future().wait();
}
void awaited_concurrent(benchmark::State& state) { awaited_call(state, runtime::Threading::concurrent); }
void awaited_serial(benchmark::State& state) { awaited_call(state, runtime::Threading::serial); }

// As many bindings as the profile for development has.
bridge::RouteTable::Bindings bindings_to(const std::shared_ptr<runtime::Instance>& instance) {
  bridge::RouteTable::Bindings bindings;
  for (int i = 0; i < 20; ++i)
    bindings["gates.freeze-window-" + std::to_string(i)] = {
        {instance, "1.0.0", std::make_shared<bridge::Tally>()}, nullptr, nullptr};
  return bindings;
}

boost::asio::awaitable<void> route_calls(benchmark::State& state, bridge::Caller& caller, std::promise<void>& done) {
  for (auto _ : state) {
    bridge::CallContext context{.budget_ns = seconds(10).ns};
    const auto reply = co_await caller.call("gates.freeze-window-7", kInterface, 0, "{}", std::move(context));
    if (!reply.ok()) std::abort();
  }
  done.set_value();
}

void routed_call(benchmark::State& state) {
  Running running(runtime::Threading::concurrent);
  telemetry::Metrics metrics;
  bridge::TelemetrySink calls(metrics);
  bridge::Routes routes;
  bridge::PluginCaller caller(routes, calls);
  routes.publish(std::make_shared<bridge::RouteTable>(bindings_to(running.instance)));
  std::promise<void> done;
  boost::asio::co_spawn(running.runtime.executor(), route_calls(state, caller, done), boost::asio::detached);
  done.get_future().wait();
}

void register_all() {
  for (auto* one : {benchmark::RegisterBenchmark("direct_pointer", direct_pointer),
                    benchmark::RegisterBenchmark("pinned_call", pinned_call)}) {
    one->MinTime(0.1)->Repetitions(9);
  }
  for (auto* one : {benchmark::RegisterBenchmark("awaited_concurrent", awaited_concurrent),
                    benchmark::RegisterBenchmark("awaited_serial", awaited_serial),
                    benchmark::RegisterBenchmark("routed_call", routed_call)}) {
    // The work is done by a thread of the host, so only the clock on the wall sees it.
    one->MinTime(0.1)->Repetitions(5)->MeasureProcessCPUTime();
  }
}

int run() {
  register_all();
  auto medians = Medians::of_registered();
  const double direct = medians["direct_pointer"];
  const double pinned = medians["pinned_call"];
  report({"plugin_call.in_process", pinned, "ns", direct,
          "at most 25 ns above a direct C function pointer; answered in invoke, so its deadline arms no timer",
          pinned - direct <= kGoalNs});
  const double routed = medians["routed_call"];
  report({"plugin_call.routed", routed, "ns", direct,
          "at most 25 ns above a direct C function pointer, by a binding's name and counted, as the host calls",
          routed - direct <= kGoalNs});
  report({"plugin_call.awaited_concurrent", medians["awaited_concurrent"], "ns", direct, "none, to be watched", true});
  report({"plugin_call.awaited_serial", medians["awaited_serial"], "ns", direct, "none, to be watched", true});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  return slipway::bench::run();
}
