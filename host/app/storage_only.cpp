#include "host/app/storage_only.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <future>
#include <set>

#include "host/api/version.hpp"
#include "host/app/private_folder.hpp"
#include "host/bridge/plugin_caller.hpp"
#include "host/bridge/telemetry_sink.hpp"
#include "host/bridge/typed_call.hpp"
#include "host/isolation/first_contact.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/services/broker.hpp"
#include "host/services/instance_sink.hpp"

namespace slipway::app {
namespace {

constexpr Duration kPatience = seconds(600);  // for one call: a large store is counted, or made durable at once

bool is_bound_as_storage(const lifecycle::PlannedInstance& instance) {
  return std::ranges::find(instance.bindings, "storage") != instance.bindings.end();
}

// In the plan's order, in which each comes after those that it needs.
lifecycle::Plan storage_of(const lifecycle::Plan& whole, backup::Purpose purpose) {
  lifecycle::Plan plan{.profile = whole.profile, .instances = {}};
  std::set<std::string> wanted;
  for (auto instance = whole.instances.rbegin(); instance != whole.instances.rend(); ++instance) {
    if (!is_bound_as_storage(*instance) && !wanted.contains(instance->name)) continue;
    wanted.insert(instance->needs.begin(), instance->needs.end());
    plan.instances.insert(plan.instances.begin(), *instance);
  }
  if (purpose == backup::Purpose::serve) return plan;
  for (auto& instance : plan.instances)
    if (is_bound_as_storage(instance)) instance.config["purpose"] = std::string(to_name(purpose));
  return plan;
}

Status without_problems(const Status& status) {
  std::string text = status.problems.empty() ? status.message : "";
  for (const Problem& problem : status.problems) text += (text.empty() ? "" : "\n") + problem.message;
  return {status.code, text};
}

}  // namespace

struct StorageOnly::Parts {
  Parts(const Configuration& configuration, telemetry::Log to, const base::Clock& time)
      : clock(time),
        log(std::move(to)),
        runtime({}),
        trust(configuration.trust),
        first_contact(runtime, folder.path() / "first-contacts", std::string(api::kVersion)),
        loader({.store = folder.path() / "packages",
                .first_contact = [this](const auto& package) { return first_contact.check(package); }},
               trust),
        calls(metrics),
        caller(routes, calls),
        broker(runtime.executor(), {}),
        lifecycle({}, {runtime, loader, clock, [this](const auto& instance) { return sink_of(instance); }, routes}) {
    runtime.start();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    wait<Status>([this] { return lifecycle.stop(); });
    runtime.stop();
  }

  std::shared_ptr<runtime::HostSink> sink_of(const lifecycle::PlannedInstance& instance) {
    return std::make_shared<services::InstanceSink>(services::Requester{instance.name, instance.permissions}, log,
                                                    metrics, broker, clock);
  }
  template <class Value>
  Value wait(std::function<boost::asio::awaitable<Value>()> work) {
    std::promise<Value> done;
    boost::asio::co_spawn(runtime.executor(), run(std::move(work), done), boost::asio::detached);
    return done.get_future().get();
  }
  template <class Value>
  static boost::asio::awaitable<void> run(std::function<boost::asio::awaitable<Value>()> work,
                                          std::promise<Value>& done) {
    done.set_value(co_await work());
  }
  template <class Method>
  Result<typename Method::Reply> ask(typename Method::Request request) {
    return wait<Result<typename Method::Reply>>([this, &request] {
      bridge::CallContext context;
      context.budget_ns = kPatience.ns;
      return bridge::call<backup::Interface, Method>(caller, "storage", request, context);
    });
  }

  const PrivateFolder folder;
  const base::Clock& clock;
  telemetry::Log log;
  telemetry::Metrics metrics;
  runtime::Runtime runtime;
  loader::CurrentTrust trust;
  isolation::FirstContact first_contact;
  loader::Loader loader;
  bridge::Routes routes;
  bridge::TelemetrySink calls;
  bridge::PluginCaller caller;
  services::Broker broker;
  lifecycle::Lifecycle lifecycle;
};

StorageOnly::StorageOnly() = default;
StorageOnly::~StorageOnly() = default;

Result<std::unique_ptr<StorageOnly>> StorageOnly::open(const Configuration& configuration, backup::Purpose purpose,
                                                       const base::Clock& clock) {
  std::unique_ptr<StorageOnly> opened(new StorageOnly());
  if (Status status = opened->start(configuration, purpose, clock); !status.ok()) return status;
  return opened;
}

Status StorageOnly::start(const Configuration& configuration, backup::Purpose purpose, const base::Clock& clock) {
  lifecycle::Plan plan = storage_of(configuration.in_force.plan, purpose);
  const auto storage = std::ranges::find_if(plan.instances, is_bound_as_storage);
  if (storage == plan.instances.end())
    return {Code::failed_precondition, "profile " + plan.profile + " binds nothing as \"storage\""};
  const manifest::PluginManifest& package = storage->package.manifest;
  plugin_ = package.id + " " + base::to_string(package.version);
  if (!package.provides(backup::kId))
    return {Code::unimplemented, "plugin " + plugin_ + " does not provide " + std::string(backup::kId) +
                                     "; bring what it keeps over by its own means"};
  auto log = telemetry::Log::open({.level = telemetry::Level::warn}, clock);
  if (!log.ok()) return log.status();
  parts_ = std::make_unique<Parts>(configuration, *log, clock);
  return without_problems(parts_->wait<Status>([this, &plan] { return parts_->lifecycle.start(std::move(plan)); }));
}

Result<backup::DescribeReply> StorageOnly::describe() { return parts_->ask<backup::Describe>({}); }

Result<backup::ExportReply> StorageOnly::export_page(std::int64_t page) { return parts_->ask<backup::Export>({page}); }

Result<backup::ImportReply> StorageOnly::import_page(backup::ImportRequest request) {
  return parts_->ask<backup::Import>(std::move(request));
}

}  // namespace slipway::app
