// What the site's trust means for a profile and for what runs of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "host/app/configuration.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/loader/trust.hpp"
#include "host/rollout/rollout_model.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::app {

// Instances that the site's rules do not let run where the profile wants them, or with what it grants; paths begin with
// /plugins.
Problems refused_uses(const InForce& wanted, const loader::TrustPolicy& policy);

// Whether the package of a plan was revoked since it was let in.
bool is_revoked(const loader::CurrentTrust& trust, const lifecycle::PlannedInstance& planned);

// What is refused of a profile that is applied to what runs: by the rules, and for being revoked. A revoked instance
// that runs is taken out of the plan instead, with a warning: the change retires it. The one that keeps the journal is
// refused.
Problems take_out_revoked(InForce& wanted, const lifecycle::Plan& running, const loader::CurrentTrust& trust,
                          std::vector<std::string>& warnings);

// "revoked: …" for an instance whose library is in this process and would be refused now; else empty.
std::string revocation_of(const loader::CurrentTrust& trust, const lifecycle::PluginStatus& plugin);

// A running instance that was revoked.
struct RevokedUse {
  std::string instance;
  std::string plugin;
  std::string version;
  std::string reason;
  bool operator==(const RevokedUse&) const = default;
};

std::vector<RevokedUse> revoked_uses(const loader::CurrentTrust& trust,
                                     const std::vector<lifecycle::PluginStatus>& plugins);
// One record for each, and their number as a metric.
void report_revocations(const std::vector<RevokedUse>& uses, const telemetry::Log& log, telemetry::Metrics& metrics);
// For those who hear of the site.
rollout::Event event_of(const RevokedUse& use);

// Those of the uses that can be ended: all but the plugin that keeps the journal, which is not ended under the engine's
// feet; that it runs on is in the log.
std::vector<RevokedUse> retirable(std::vector<RevokedUse> uses, const lifecycle::Plan& plan, const telemetry::Log& log);

// Ends what was revoked, while the others go on: instances of the plan, whose bindings lead nowhere then, and
// generations that are kept for rollouts or for a return. Everything but the plan and the uses, which are retirable,
// outlives the coroutine; the plan is the one in force since the turn was taken.
boost::asio::awaitable<void> retire_revoked(lifecycle::Lifecycle& lifecycle, const lifecycle::Turn& turn,
                                            lifecycle::Plan plan, std::vector<RevokedUse> uses,
                                            const loader::CurrentTrust& trust, const telemetry::Log& log);

}  // namespace slipway::app
