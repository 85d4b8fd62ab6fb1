#include <slipway/document.hpp>
#include <slipway/interfaces/storage.hpp>
#include <slipway/services.hpp>

#include "host/bridge/typed_call.hpp"
#include "host/services/calls.hpp"
#include "host/services/grants.hpp"
#include "host/services/plain_services.hpp"

namespace slipway::services {
namespace {

constexpr const char* kBinding = "storage";

storage::Key key_of(const Request& request, const std::string& tenant, const std::string& key) {
  storage::Key result;
  result.tenant = tenant;
  result.kind = "plugin/" + request.requester.instance;
  result.id = key;
  return result;
}

Status allowed(const Request& request, const std::string& key) {
  // What is granted is a prefix of keys.
  manifest::Grant prefixes = request.requester.permissions.store;
  for (std::string& prefix : prefixes.allowed) prefix += '*';
  return check_grant(request.requester, prefixes, "store", key);
}

}  // namespace

boost::asio::awaitable<Result<std::string>> StoreService::handle(const Request& request) {
  if (request.method == "get") co_return co_await get(request);
  if (request.method == "put") co_return co_await put(request);
  co_return no_method(name(), request, "get, put");
}

boost::asio::awaitable<Result<std::string>> StoreService::get(const Request& request) {
  const auto asked = decode_text<StoreGetRequest>(request.payload, "store.get");
  if (!asked.ok()) co_return asked.status();
  if (Status status = allowed(request, asked->key); !status.ok()) co_return status;
  storage::GetRequest get;
  get.keys.push_back(key_of(request, asked->tenant, asked->key));
  bridge::CallContext context = context_of(request, asked->tenant);
  auto found = co_await bridge::call<storage::Interface, storage::Get>(caller_, kBinding, get, std::move(context));
  if (!found.ok()) co_return found.status();
  StoreGetReply reply;
  if (!found->records.empty()) {
    auto value = parse_json(found->records[0].value);
    if (!value.ok()) co_return Status(Code::data_loss, "the stored record is no document: " + value.status().message);
    reply.value = *std::move(value);
    reply.version = found->records[0].version;
  }
  co_return encode_text(reply);
}

boost::asio::awaitable<Result<std::string>> StoreService::put(const Request& request) {
  const auto asked = decode_text<StorePutRequest>(request.payload, "store.put");
  if (!asked.ok()) co_return asked.status();
  if (Status status = allowed(request, asked->key); !status.ok()) co_return status;
  storage::WriteRequest write;
  storage::Put put;
  put.key = key_of(request, asked->tenant, asked->key);
  put.value = to_text(asked->value);
  if (asked->expect_version) write.expect.push_back({put.key, *asked->expect_version});
  write.puts.push_back(std::move(put));
  bridge::CallContext context = context_of(request, asked->tenant);
  auto written =
      co_await bridge::call<storage::Interface, storage::Write>(caller_, kBinding, write, std::move(context));
  if (!written.ok()) co_return written.status();
  if (written->versions.size() != 1) co_return Status(Code::internal, "storage answered one put with no version");
  StorePutReply reply;
  reply.version = written->versions[0];
  co_return encode_text(reply);
}

}  // namespace slipway::services
