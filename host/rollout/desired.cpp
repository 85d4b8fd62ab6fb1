#include "host/rollout/desired.hpp"

#include "host/rollout/baseline.hpp"

namespace slipway::rollout {

std::vector<std::string> hosts_of(const ApplicationSpec& spec) {
  return spec.hosts.empty() ? std::vector<std::string>{spec.name} : spec.hosts;
}

provider::Desired desired_of(const Application& application, const ApplicationSpec& spec, const Order& order,
                             const Releases& releases) {
  provider::Desired desired{.tenant = application.tenant,
                            .application = application.spec.name,
                            .rollout = application.rollout,
                            .generation = order.generation,
                            .hosts = hosts_of(spec),
                            .sticky = sticky_of(spec),
                            .routes = order.routes,
                            .mirror = order.mirror};
  for (const OrderedGroup& group : order.groups) {
    desired.groups.push_back({group.role, *releases.at(kept_name(group.release)), group.replicas, group.weight});
    desired.groups.back().release.version = group.release;
  }
  return desired;
}

}  // namespace slipway::rollout
