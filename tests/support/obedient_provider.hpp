// slipway.provider/1 over a world in memory that obeys at once: what a figure of the engine leaves out.
#pragma once

#include <map>
#include <mutex>
#include <slipway/interfaces/provider.hpp>
#include <string>
#include <utility>

namespace slipway::test {

// Safe from any thread.
class ObedientProvider {
 public:
  provider::CapabilitiesReply capabilities(const Empty&) { return {}; }
  provider::ValidateReply validate(const provider::Desired&) { return {}; }
  Empty apply(const provider::Desired& desired) {
    provider::Observation seen{.generation = desired.generation, .converged = true};
    for (const provider::DesiredGroup& group : desired.groups) {
      seen.groups.push_back({.role = group.role,
                             .release = group.release.version,
                             .replicas = group.replicas,
                             .running = group.replicas,
                             .ready = group.replicas,
                             .weight = group.weight});
    }
    const std::scoped_lock lock(mutex_);
    seen_[{desired.tenant, desired.application}] = std::move(seen);
    return {};
  }
  provider::Observation observe(const provider::Target& target) {
    const std::scoped_lock lock(mutex_);
    const auto found = seen_.find({target.tenant, target.application});
    if (found == seen_.end()) throw Error(Code::not_found, "never applied");
    return found->second;
  }
  Empty remove(const provider::Removal& removal) {
    const std::scoped_lock lock(mutex_);
    seen_.erase({removal.tenant, removal.application});
    return {};
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, provider::Observation> seen_;
};

}  // namespace slipway::test
