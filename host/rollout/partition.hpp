// The shares into which delivery is cut, so that several hosts do it together: each application, and each tenant's
// trimming and notifications, belong to one partition, and each partition to one host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slipway::rollout {

// Part of what is stored: hosts that disagreed about it would both do the same work, or neither.
inline constexpr std::size_t kPartitions = 64;

// FNV-1a of both names with a zero between them, over the number of partitions.
constexpr std::size_t partition_of(std::string_view tenant, std::string_view application) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const char c : tenant) add(static_cast<unsigned char>(c));
  add(0);
  for (const char c : application) add(static_cast<unsigned char>(c));
  return (hash ^ (hash >> 32)) % kPartitions;
}
// Of what is done for a tenant as a whole.
constexpr std::size_t partition_of(std::string_view tenant) { return partition_of(tenant, {}); }

}  // namespace slipway::rollout
