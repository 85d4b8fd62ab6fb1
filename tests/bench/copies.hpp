// Many rollouts in a store (storage-sqlite), as copies of one, made while no host runs.
#pragma once

#include <filesystem>

namespace slipway::bench {

inline constexpr const char* kFirst = "shop-000000";  // the application whose rollout is copied

// So many rollouts, the first one of them, each of an application of its own: the number's digits stand in the
// application's name and at the end of the rollout's id.
void copy_the_first(const std::filesystem::path& store, int rollouts);

// What this process holds in memory.
double resident_mib();

}  // namespace slipway::bench
