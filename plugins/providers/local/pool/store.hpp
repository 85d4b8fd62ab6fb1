// The store as a pool sees it; tests put a fake here. Everything throws slipway::Error, also when no answer comes.
#pragma once

#include <slipway/interfaces/storage.hpp>

#include "plugins/providers/local/base/async.hpp"

namespace slipway::local {

class PoolStore {
 public:
  virtual ~PoolStore() = default;
  virtual awaitable<storage::GetReply> get(storage::GetRequest request) = 0;
  virtual awaitable<storage::ScanReply> scan(storage::ScanRequest request) = 0;
  virtual awaitable<storage::ReadReply> read(storage::ReadRequest request) = 0;
  virtual awaitable<storage::WriteReply> write(storage::WriteRequest request) = 0;
};

}  // namespace slipway::local
