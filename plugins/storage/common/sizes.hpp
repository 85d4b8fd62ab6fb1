// Roughly what a request holds in memory while it waits.
#pragma once

#include <cstddef>
#include <slipway/interfaces/storage.hpp>

namespace slipway::store {

std::size_t size_of(const storage::WriteRequest& request);
std::size_t size_of(const storage::AppendRequest& request);
std::size_t size_of(const storage::LeaseRequest& request);

}  // namespace slipway::store
