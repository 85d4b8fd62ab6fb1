#include <algorithm>
#include <chrono>
#include <map>
#include <slipway/document.hpp>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/services.hpp>

#include "host/bridge/typed_call.hpp"
#include "host/services/calls.hpp"
#include "host/services/grants.hpp"
#include "host/services/plain_services.hpp"

namespace slipway::services {
namespace {

// For all bindings together. Who asks may have no deadline, but wants to tell why it waits.
constexpr Duration kPatience = seconds(10);

// Names to resolve, by binding.
using ByBinding = std::map<std::string, std::vector<std::string>>;

Status sort_out(const Request& request, const SecretsRequest& asked, ByBinding& sorted) {
  Problems problems;
  for (std::size_t i = 0; i < asked.references.size(); ++i) {
    const std::string& reference = asked.references[i];
    const std::size_t colon = reference.find(':');
    if (colon == 0 || colon == reference.npos || colon + 1 == reference.size()) {
      problems.push_back({"/references/" + std::to_string(i), to_text(Json(reference)),
                          "want \"<binding>:<name>\", as in \"env:DB_PASSWORD\""});
      continue;
    }
    const Status granted = check_grant(request.requester, request.requester.permissions.secrets, "secrets", reference);
    if (!granted.ok()) return granted;
    sorted["secrets." + reference.substr(0, colon)].push_back(reference.substr(colon + 1));
  }
  if (problems.empty()) return {};
  return {Code::invalid_argument, "secrets.resolve: not every reference is one", std::move(problems)};
}

Status named(const std::string& binding, Status status) {
  status.message.insert(0, binding + ": ");
  return status;
}

}  // namespace

boost::asio::awaitable<Result<std::string>> SecretsService::handle(const Request& request) {
  if (request.method != "resolve") co_return no_method(name(), request, "resolve");
  const auto asked = decode_text<SecretsRequest>(request.payload, "secrets.resolve");
  if (!asked.ok()) co_return asked.status();
  ByBinding sorted;
  if (Status status = sort_out(request, *asked, sorted); !status.ok()) co_return status;

  const auto begin = std::chrono::steady_clock::now();
  SecretsReply reply;
  for (auto& [binding, names] : sorted) {
    bridge::CallContext context = context_of(request, asked->tenant);
    // In whole milliseconds, because a person may read it.
    const auto passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
    context.budget_ns = std::min(request.budget_ns, kPatience.ns) - milliseconds(passed).ns;
    secrets::ResolveRequest ask;
    ask.tenant = asked->tenant;
    ask.names = std::move(names);
    auto found = co_await bridge::call<secrets::Interface, secrets::Resolve>(caller_, binding, ask, std::move(context));
    if (!found.ok()) co_return named(binding, found.status());
    const std::string prefix = binding.substr(std::string_view("secrets.").size()) + ":";
    // What was not asked for was not granted either.
    for (const std::string& name : ask.names) {
      const auto value = found->values.find(name);
      if (value == found->values.end())
        co_return named(binding, {Code::internal, "its answer has no value for \"" + name + "\""});
      reply.values[prefix + name] = value->second;  // it may be asked for twice
    }
  }
  co_return encode_text(reply);
}

}  // namespace slipway::services
