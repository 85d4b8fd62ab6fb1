// What people write, checked beyond its schema: every fault at once, each with its path. Pure.
#pragma once

#include <slipway/interfaces/storage.hpp>
#include <slipway/status.hpp>

#include "host/rollout/model.hpp"

namespace slipway::rollout {

// The largest documents, in bytes of their JSON. The record of a rollout holds the application, its gates once more and
// a strategy of its own, and must have room to grow: one that outgrows the store could not even be aborted. A release
// is stored with some words of its own, and never grows.
inline constexpr std::size_t kLargestSpec = storage::kMaxValueBytes / 4;
inline constexpr std::size_t kLargestStrategy = storage::kMaxValueBytes / 4;
inline constexpr std::size_t kLargestRelease = storage::kMaxValueBytes / 4 * 3;

Problems faults_of(const ApplicationSpec& spec);
Problems faults_of(const ReleaseRequest& request);
Problems faults_of(const RolloutRequest& request);

// [a-z0-9]([a-z0-9.-]*[a-z0-9])?
bool is_name(std::string_view text);

}  // namespace slipway::rollout
