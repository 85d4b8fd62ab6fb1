#include "host/services/http_service.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <slipway/document.hpp>

#include "host/services/grants.hpp"

namespace slipway::services {
namespace {

void continue_trace(HttpRequest& sent, const std::string& traceparent) {
  const auto is_it = [](const auto& header) { return boost::beast::iequals(header.first, "traceparent"); };
  if (!traceparent.empty() && std::ranges::none_of(sent.headers, is_it)) sent.headers["traceparent"] = traceparent;
}

}  // namespace

boost::asio::awaitable<Result<std::string>> HttpService::handle(const Request& request) {
  if (request.method != "send") co_return no_method(name(), request, "send");
  auto asked = decode_text<HttpRequest>(request.payload, "http.send", Unknown::ignored, {.bytes = 8 << 20});
  if (!asked.ok()) co_return asked.status();
  const auto host = host_of_url(asked->url);
  if (!host.ok()) co_return host.status();
  const Status granted = check_grant(request.requester, request.requester.permissions.network, "network", *host);
  if (!granted.ok()) co_return granted;
  continue_trace(*asked, request.traceparent);
  auto reply = co_await client_.send(*std::move(asked), request.budget_ns);
  if (!reply.ok()) co_return reply.status();
  co_return encode_text(*reply);
}

}  // namespace slipway::services
