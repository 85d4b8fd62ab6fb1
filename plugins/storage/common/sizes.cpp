#include "plugins/storage/common/sizes.hpp"

namespace slipway::store {

std::size_t size_of(const storage::WriteRequest& request) {
  std::size_t bytes = sizeof(request);
  for (const storage::Put& put : request.puts) bytes += sizeof(put) + put.value.size();
  for (const storage::AppendOp& append : request.appends) bytes += sizeof(append) + append.value.size();
  return bytes + (request.expect.size() + request.removes.size()) * sizeof(storage::Expect);
}

std::size_t size_of(const storage::AppendRequest& request) {
  std::size_t bytes = sizeof(request);
  for (const std::string& value : request.values) bytes += sizeof(std::string) + value.size();
  return bytes;
}

std::size_t size_of(const storage::LeaseRequest& request) { return sizeof(request); }

}  // namespace slipway::store
