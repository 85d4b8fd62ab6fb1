#include "host/app/plan_refusals.hpp"

#include <algorithm>

#include "host/app/machine.hpp"
#include "host/config/fault.hpp"
#include "host/lifecycle/changes.hpp"

namespace slipway::app {
namespace {

std::string title_of(const lifecycle::PlannedInstance& one) {
  return one.package.manifest.id + " " + base::to_string(one.package.manifest.version);
}

}  // namespace

lifecycle::Plan anew_in(const lifecycle::Plan& next, const lifecycle::Plan& now) {
  lifecycle::Plan anew = next;
  std::erase_if(anew.instances, [&](const lifecycle::PlannedInstance& wanted) {
    return std::ranges::any_of(now.instances, [&](const lifecycle::PlannedInstance& runs) {
      return runs.name == wanted.name && lifecycle::same_generation(runs, wanted);
    });
  });
  return anew;
}

Problems lacks_of(const lifecycle::Plan& anew) {
  Problems lacks;
  for (const lifecycle::PlannedInstance& instance : anew.instances) {
    for (std::string& lack : machine_lacks({.profile = anew.profile, .instances = {instance}}))
      lacks.push_back({"/plugins/" + instance.name, "", std::move(lack)});
  }
  return lacks;
}

Problems unspoken_gains(const lifecycle::Plan& now, const InForce& next) {
  Problems gains;
  for (const lifecycle::PlannedInstance& to : next.plan.instances) {
    if (next.profile.plugins.at(to.name).permissions) continue;
    const auto from = std::ranges::find(now.instances, to.name, &lifecycle::PlannedInstance::name);
    const bool absent = from == now.instances.end();
    const std::string gained = manifest::missing(to.permissions, absent ? manifest::Permissions() : from->permissions);
    if (gained.empty()) continue;
    gains.push_back({config::child_path("/plugins", to.name) + "/permissions", "",
                     title_of(to) + " asks for more than " +
                         (absent ? "nothing, and no version of it is in force" : title_of(*from) + " has") + ": " +
                         gained +
                         "; a swap grants nothing new: apply a profile with this version, which grants it, or with "
                         "permissions that grant less"});
  }
  return gains;
}

}  // namespace slipway::app
