// The "store" service in memory, with versions as the real one keeps them.
#pragma once

#include <map>
#include <slipway/services.hpp>
#include <utility>

namespace slipway::test {

// Not synchronised: a fake host uses it from the test's thread only.
class FakeStore {
 public:
  [[nodiscard]] Result<Json> get(const Json& payload) const {
    const auto request = decode<services::StoreGetRequest>(payload, "store.get");
    if (!request.ok()) return request.status();
    const auto found = records_.find({request->tenant, request->key});
    return encode(found == records_.end() ? services::StoreGetReply{} : found->second);
  }
  Result<Json> put(const Json& payload) {
    const auto request = decode<services::StorePutRequest>(payload, "store.put");
    if (!request.ok()) return request.status();
    auto& record = records_[{request->tenant, request->key}];
    if (request->expect_version && *request->expect_version != record.version) {
      return Status(Code::aborted, "the record has version " + std::to_string(record.version) + ", not " +
                                       std::to_string(*request->expect_version));
    }
    record.value = request->value;
    return encode(services::StorePutReply{++record.version});
  }

 private:
  std::map<std::pair<std::string, std::string>, services::StoreGetReply> records_;
};

}  // namespace slipway::test
