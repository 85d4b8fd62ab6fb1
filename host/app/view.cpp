#include "host/app/view.hpp"

#include <algorithm>

#include "host/api/version.hpp"
#include "host/app/trust.hpp"
#include "host/bridge/typed_call.hpp"
#include "host/manifest/kinds.hpp"
#include "host/telemetry/metric_catalogue.hpp"

namespace slipway::app {
namespace {

std::string_view name_of(isolation::WorkerState state) {
  constexpr std::string_view kNames[] = {"starting", "running", "restarting", "broken", "stopped"};
  return kNames[static_cast<std::size_t>(state)];
}

api::WorkerView view_of(const isolation::WorkerStatus& worker) {
  api::WorkerView view{.state = std::string(name_of(worker.state)),
                       .process = worker.process,
                       .restarts = static_cast<std::int32_t>(worker.restarts),
                       .reason = worker.reason};
  for (const isolation::Protection& protection : worker.protections) {
    if (protection.lacking.empty()) {
      view.protections.push_back(protection.name);
    } else {
      view.lacking.push_back(protection.name + ": " + protection.lacking);
    }
  }
  return view;
}

api::PluginView view_of(const lifecycle::PluginStatus& status) {
  api::PluginView view;
  view.id = status.id;
  view.version = status.version;
  view.instance = status.instance;
  view.state = std::string(to_name(status.state));
  view.reason = status.reason;
  view.threading = status.threading;
  view.interfaces = status.interfaces;
  view.bindings = status.bindings;
  view.abi = status.abi;
  view.digest = status.digest;
  view.path = status.path;
  const manifest::Permissions& granted = status.permissions;
  view.created_at = status.created_at;
  view.updated_at = status.updated_at;
  view.placement = status.placement == manifest::Placement::isolated ? "isolated" : "in-process";
  if (status.worker) view.worker = view_of(*status.worker);
  view.permissions = {{"network", granted.network.allowed}, {"secrets", granted.secrets.allowed},
                      {"store", granted.store.allowed},     {"processes", granted.processes.allowed},
                      {"files", granted.files.allowed},     {"bindings", granted.bindings.allowed},
                      {"events", granted.events.allowed}};
  return view;
}

plugin::Condition worst(const std::vector<plugin::HealthCheck>& checks) {
  plugin::Condition condition = plugin::Condition::healthy;
  for (const plugin::HealthCheck& check : checks) condition = std::max(condition, check.condition);
  return condition;
}

}  // namespace

View::View(const config::SiteConfig& site, const Profiles& profiles, const lifecycle::Lifecycle& lifecycle,
           const loader::CurrentTrust& trust, bridge::Caller& caller, telemetry::Metrics& metrics, Gauges& gauges,
           Instant started)
    : site_(site),
      profiles_(profiles),
      lifecycle_(lifecycle),
      trust_(trust),
      caller_(caller),
      metrics_(metrics),
      gauges_(gauges),
      started_(started) {}

std::vector<api::PluginView> View::plugins() const {
  std::vector<api::PluginView> views;
  for (const lifecycle::PluginStatus& status : lifecycle_.status()) {
    views.push_back(view_of(status));
    if (std::string reason = revocation_of(trust_, status); !reason.empty()) views.back().reason = std::move(reason);
  }
  // What is installed and not used.
  const auto in_force = profiles_.current();
  for (const loader::Installed& package : in_force->catalog->packages()) {
    const std::string version = base::to_string(package.manifest.version);
    const bool used = std::any_of(views.begin(), views.end(), [&](const api::PluginView& view) {
      return view.id == package.manifest.id && view.version == version;
    });
    if (!used)
      views.push_back({.id = package.manifest.id,
                       .version = version,
                       .state = "installed",
                       .interfaces = package.manifest.interfaces,
                       .path = package.folder().string()});
  }
  return views;
}

std::vector<api::BindingView> View::bindings() const {
  std::vector<api::BindingView> views;
  for (const lifecycle::PluginStatus& status : lifecycle_.status()) {
    if (status.state != lifecycle::GenerationState::active) continue;
    for (const std::string& binding : status.bindings) {
      const manifest::BindingKind* const kind = manifest::kind_of(binding);
      views.push_back({.id = binding,
                       .name = binding,
                       .interface = std::string(kind == nullptr ? "" : kind->interface),
                       .instance = status.instance,
                       .plugin = status.id,
                       .version = status.version,
                       .updated_at = status.updated_at});
    }
  }
  std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return views;
}

api::ProfileView View::profile() const {
  const auto in_force = profiles_.current();
  const ChangeUnderWay trial = profiles_.last_trial();
  api::ProfileView view{.id = in_force->profile.profile.name,
                        .name = in_force->profile.profile.name,
                        .version = in_force->digest,
                        .revision = in_force->revision,
                        .profile = in_force->document,
                        .created_at = in_force->since,
                        .updated_at = in_force->since};
  if (!trial.state.empty()) view.trial = api::TrialView{trial.summary, trial.state, trial.reason};
  return view;
}

api::StatusView View::status() const {
  api::StatusView view;
  view.version = api::kVersion;
  view.profile = profiles_.current()->profile.profile.name;
  view.environment = site_.environment;
  view.started_at = started_;
  return view;
}

boost::asio::awaitable<plugin::HealthCheck> View::check(std::string binding, std::string instance) {
  bridge::CallContext context;
  context.budget_ns = seconds(1).ns;
  plugin::HealthCheck result{instance, plugin::Condition::healthy, ""};
  Empty nothing;
  const auto reply = co_await bridge::call<plugin::Interface, plugin::Health>(caller_, std::move(binding), nothing,
                                                                              std::move(context));
  if (!reply.ok()) {
    result.condition = plugin::Condition::unhealthy;
    result.detail = reply.status().message;
    co_return result;
  }
  result.condition = reply->condition;
  for (const plugin::HealthCheck& part : reply->checks) {
    if (part.condition == plugin::Condition::healthy) continue;
    result.detail += (result.detail.empty() ? "" : "; ") + part.name + ": " + part.detail;
  }
  co_return result;
}

boost::asio::awaitable<plugin::HealthReply> View::health() {
  plugin::HealthReply reply;
  for (const lifecycle::PluginStatus& status : lifecycle_.status()) {
    if (status.bindings.empty() || status.state != lifecycle::GenerationState::active) continue;
    std::string binding = status.bindings.front();
    std::string instance = status.instance;
    reply.checks.push_back(co_await check(std::move(binding), std::move(instance)));
  }
  reply.condition = worst(reply.checks);
  for (const plugin::HealthCheck& one : reply.checks) {
    metrics_.gauge(telemetry::metric::kHealthChecks, {one.name})
        .set(one.condition == plugin::Condition::healthy ? 1 : 0);
  }
  co_return reply;
}

}  // namespace slipway::app
