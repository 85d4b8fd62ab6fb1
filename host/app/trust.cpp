#include "host/app/trust.hpp"

#include <algorithm>

#include "host/access/token.hpp"
#include "host/config/fault.hpp"
#include "host/telemetry/trust_metrics.hpp"

namespace slipway::app {
namespace {

constexpr const char* kStorage = "storage";

bool runs(lifecycle::GenerationState state) {
  using enum lifecycle::GenerationState;
  return state == loaded || state == prepared || state == warm || state == active || state == draining;
}

std::string path_of(const lifecycle::PlannedInstance& planned) { return config::child_path("/plugins", planned.name); }

// Why the package would be refused now, although it was let in once.
std::string revocation_of(const loader::CurrentTrust& trust, const lifecycle::PlannedInstance& planned) {
  const manifest::PluginManifest& plugin = planned.package.manifest;
  const auto library = plugin.files.find(plugin.library);
  return library == plugin.files.end() ? "" : trust.revoked(library->second).value_or("");
}

bool keeps_journal(const lifecycle::PlannedInstance& planned) {
  return std::ranges::find(planned.bindings, kStorage) != planned.bindings.end();
}

bool runs_in(const lifecycle::Plan& running, const lifecycle::PlannedInstance& planned) {
  return std::ranges::any_of(running.instances, [&](const lifecycle::PlannedInstance& one) {
    return one.name == planned.name && one.package.manifest_digest == planned.package.manifest_digest;
  });
}

}  // namespace

Problems refused_uses(const InForce& wanted, const loader::TrustPolicy& policy) {
  Problems problems;
  for (const lifecycle::PlannedInstance& planned : wanted.plan.instances) {
    const Status status =
        policy.check_use({planned.name, planned.package.manifest.id, planned.placement, planned.permissions});
    if (!status.ok()) problems.push_back({path_of(planned), "", status.message});
  }
  return problems;
}

bool is_revoked(const loader::CurrentTrust& trust, const lifecycle::PlannedInstance& planned) {
  return !revocation_of(trust, planned).empty();
}

Problems take_out_revoked(InForce& wanted, const lifecycle::Plan& running, const loader::CurrentTrust& trust,
                          std::vector<std::string>& warnings) {
  Problems problems = refused_uses(wanted, *trust.policy());
  std::erase_if(wanted.plan.instances, [&](const lifecycle::PlannedInstance& planned) {
    const std::string reason = revocation_of(trust, planned);
    if (reason.empty()) return false;
    const bool retires = runs_in(running, planned) && !keeps_journal(planned);
    if (!retires) problems.push_back({path_of(planned), "", reason});
    if (retires) warnings.push_back("\"" + planned.name + "\" is retired, and its bindings lead nowhere: " + reason);
    return retires;
  });
  return problems;
}

std::string revocation_of(const loader::CurrentTrust& trust, const lifecycle::PluginStatus& plugin) {
  if (!runs(plugin.state)) return {};
  const auto reason = trust.revoked(plugin.digest);
  return reason ? "revoked: " + *reason : "";
}

std::vector<RevokedUse> revoked_uses(const loader::CurrentTrust& trust,
                                     const std::vector<lifecycle::PluginStatus>& plugins) {
  std::vector<RevokedUse> uses;
  for (const lifecycle::PluginStatus& plugin : plugins) {
    std::string reason = revocation_of(trust, plugin);
    if (!reason.empty()) uses.push_back({plugin.instance, plugin.id, plugin.version, std::move(reason)});
  }
  return uses;
}

void report_revocations(const std::vector<RevokedUse>& uses, const telemetry::Log& log, telemetry::Metrics& metrics) {
  for (const RevokedUse& use : uses)
    log.error("a plugin runs although this site does not trust it any more",
              {{"instance", use.instance}, {"plugin", use.plugin}, {"version", use.version}, {"reason", use.reason}});
  metrics.gauge(telemetry::metric::kPluginsRevoked).set(static_cast<double>(uses.size()));
}

rollout::Event event_of(const RevokedUse& use) {
  const Json data{{"instance", use.instance}, {"plugin", use.plugin}, {"version", use.version}, {"reason", use.reason}};
  return {.type = "plugin.revoked",
          .tenant = std::string(access::kDefaultTenant),
          .summary = use.plugin + " " + use.version + " runs as \"" + use.instance +
                     "\" although this site does not trust it any more: " + use.reason,
          .data = {to_text(data)}};
}

std::vector<RevokedUse> retirable(std::vector<RevokedUse> uses, const lifecycle::Plan& plan,
                                  const telemetry::Log& log) {
  std::erase_if(uses, [&](const RevokedUse& use) {
    const auto planned = std::ranges::find(plan.instances, use.instance, &lifecycle::PlannedInstance::name);
    const bool keeps = planned != plan.instances.end() && keeps_journal(*planned);
    if (keeps)
      log.error("the plugin that keeps the journal is revoked and runs on; apply a profile with another one",
                {{"instance", use.instance}});
    return keeps;
  });
  return uses;
}

boost::asio::awaitable<void> retire_revoked(lifecycle::Lifecycle& lifecycle, const lifecycle::Turn& turn,
                                            lifecycle::Plan plan, std::vector<RevokedUse> uses,
                                            const loader::CurrentTrust& trust, const telemetry::Log& log) {
  std::string names;
  for (const RevokedUse& use : uses)
    names += (names.empty() ? "" : ", ") + use.instance + " (" + use.plugin + " " + use.version + ")";
  std::erase_if(plan.instances, [&](const lifecycle::PlannedInstance& planned) {
    return !keeps_journal(planned) && is_revoked(trust, planned);
  });
  const Status applied = co_await lifecycle.apply(turn, std::move(plan), lifecycle::ApplyOptions{});
  if (applied.ok()) {
    log.warn("revoked plugins were retired; apply a profile without them", {{"instances", names}});
  } else {
    log.error("revoked plugins could not be retired; send SIGHUP again",
              {{"instances", names}, {"reason", to_string(applied)}});
  }
}

}  // namespace slipway::app
