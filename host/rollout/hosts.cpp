#include "host/rollout/hosts.hpp"

#include <algorithm>

namespace slipway::rollout {
namespace {

bool is_lost(const Roster& roster, const std::string& name) {
  return std::ranges::find(roster.drained, name) != roster.drained.end();
}

Status unknown_host(const Roster& roster, const std::string& name) {
  std::string names;
  for (const RosterHost& host : roster.hosts) names += (names.empty() ? "" : ", ") + host.name;
  return {Code::not_found, "there is no host \"" + name + "\"; there are: " + names +
                               (is_lost(roster, name) ? " (" + name + " was draining when it was lost)" : "")};
}

Status may_undrain(const Roster& roster, const std::string& name) {
  const bool is_known = host_in(roster, name) != nullptr || is_lost(roster, name);
  return is_known ? Status() : unknown_host(roster, name);
}

Status may_drain(const Roster& roster, const std::string& name) {
  if (host_in(roster, name) == nullptr) return unknown_host(roster, name);
  const bool others =
      std::ranges::any_of(roster.hosts, [&](const RosterHost& host) { return host.name != name && !host.draining; });
  if (others) return {};
  return {Code::failed_precondition, "host \"" + name +
                                         "\" is the only one that takes work: nobody could take over; "
                                         "start another host or undrain one, or stop this one"};
}

}  // namespace

// A host's last word is the last change of its lease, and how long ago that was is for the store's clock to say.
boost::asio::awaitable<HostInfo> Hosts::info_of(const Roster& roster, const RosterHost& host) {
  const auto lease = co_await ownership_.look(host.name);
  const bool is_known = lease.ok() && lease->token != 0;
  const Instant seen = is_known ? lease->changed_at : host.joined_at;
  const Instant now = is_known ? lease->at : clock_.now();
  HostInfo info{.name = host.name,
                .state = host.draining ? HostState::draining : HostState::serving,
                .partitions = static_cast<std::int32_t>(share_of(roster, host.name)),
                .slipwayd = host.version,
                .address = host.address,
                .joined_at = host.joined_at,
                .seen_at = seen};
  if (host.draining && info.partitions == 0) info.state = HostState::drained;
  if (now - seen > settings_.lease) info.state = HostState::silent;
  co_return info;
}

Later<std::vector<HostInfo>> Hosts::list() {
  const auto roster = co_await store_.roster();
  if (!roster.ok()) co_return roster.status();
  std::vector<HostInfo> hosts;
  for (const RosterHost& host : roster->value.hosts) hosts.push_back(co_await info_of(roster->value, host));
  co_return hosts;
}

Later<HostInfo> Hosts::drain(std::string name, Draining draining, Mode mode) {
  Status refused;
  const Store::RosterChange change = [&](Roster& roster) {
    refused = draining == Draining::yes ? may_drain(roster, name) : may_undrain(roster, name);
    if (refused.ok()) set_draining(roster, name, draining == Draining::yes);
    return refused.ok() && mode == Mode::commit;
  };
  std::vector<storage::ExpectLease> fences;
  fences.push_back(ownership_.fence());
  const auto roster = co_await store_.change_roster(std::move(fences), change);
  if (!refused.ok()) co_return refused;
  if (!roster.ok()) co_return roster.status();
  if (const RosterHost* host = host_in(*roster, name)) co_return co_await info_of(*roster, *host);
  const RosterHost gone{.name = name};
  HostInfo lost = co_await info_of(*roster, gone);
  lost.state = HostState::silent;
  co_return lost;
}

}  // namespace slipway::rollout
