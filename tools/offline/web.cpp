#include "tools/offline/web.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <slipway/interfaces/secrets.hpp>

namespace slipway::offline {
namespace {

constexpr Duration kPatience = seconds(60);

Result<std::string> secret_of(Packages& packages, const std::string& tenant, const std::string& reference) {
  const std::size_t colon = reference.find(':');
  if (colon == 0 || colon == reference.npos || colon + 1 == reference.size())
    return Status(Code::invalid_argument, "\"" + reference + "\" is no reference of a secret: want \"env:NAME\"");
  test::FakeHost source(packages.library("secrets", reference.substr(0, colon)).table());
  if (Status status = source.run(); !status.ok()) return status;
  const std::string name = reference.substr(colon + 1);
  secrets::ResolveRequest request;
  request.tenant = tenant;
  request.names = {name};
  const auto reply = source.call<secrets::Interface, secrets::Resolve>(request);
  if (!reply.ok()) return reply.status();
  return reply->values.at(name);
}

// A future wants a value that there is without one.
boost::asio::awaitable<std::optional<Result<services::HttpReply>>> exchange(services::HttpClient& client,
                                                                            services::HttpRequest request) {
  auto reply = co_await client.send(std::move(request), kPatience.ns);
  co_return std::optional(std::move(reply));
}

}  // namespace

Web::Web() : runtime_({.threads = 1}), client_(runtime_.executor(), {}) { runtime_.start(); }
Web::~Web() { runtime_.stop(); }

Result<services::HttpReply> Web::send(const services::HttpRequest& request) {
  return *boost::asio::co_spawn(runtime_.executor(), exchange(client_, request), boost::asio::use_future).get();
}

void serve_secrets(test::FakeHost& host, Packages& packages) {
  host.on("secrets", "resolve", [&packages](const Json& payload) -> Result<Json> {
    const auto asked = decode<services::SecretsRequest>(payload, "secrets.resolve");
    if (!asked.ok()) return asked.status();
    services::SecretsReply reply;
    for (const std::string& reference : asked->references) {
      auto value = secret_of(packages, asked->tenant, reference);
      if (!value.ok()) return value.status();
      reply.values[reference] = *std::move(value);
    }
    return encode(reply);
  });
}

}  // namespace slipway::offline
