#include "host/services/http_client.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <mutex>

#include "host/runtime/deadlines.hpp"
#include "host/runtime/one_shot.hpp"
#include "host/services/http_connection.hpp"
#include "host/services/http_pool.hpp"
#include "host/services/http_target.hpp"
#include "host/services/http_tls.hpp"

namespace slipway::services {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

bool is_token(std::string_view text) {
  constexpr std::string_view kAllowed = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !text.empty() && text.find_first_not_of(kAllowed) == text.npos;
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; });
}

// A name or value with a line break in it would be a second header.
Status check(const HttpRequest& request, const HttpTarget& target) {
  Problems problems;
  if (request.tls && !target.origin.secure) problems.push_back({"/tls", "", "want an https:// URL with it"});
  if (!is_token(request.method)) problems.push_back({"/method", "", "want an HTTP method"});
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) problems.push_back({"/headers", "", "\"" + name + "\" is no name of a header"});
    if (!is_field_value(value)) problems.push_back({"/headers/" + name, "", "want a text without control characters"});
  }
  if (problems.empty()) return {};
  return {Code::invalid_argument, "http.send: the request is malformed", std::move(problems)};
}

// Whether sending it twice does what sending it once does (RFC 9110, section 9.2.2).
bool idempotent(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

struct Resolved {
  Status status;
  tcp::resolver::results_type endpoints;
};

}  // namespace

struct HttpClient::Core {
  Core(asio::any_io_executor e, HttpClientSettings s)
      : executor(std::move(e)), settings(std::move(s)), tls(asio::ssl::context::tls_client), pool(settings) {
    if (!settings.authorities.empty()) tls.load_verify_file(settings.authorities);
  }

  // Those of the system are some hundred certificates, megabytes once read: a host that asks nobody by TLS has none.
  asio::ssl::context& trusting() {
    std::call_once(authorities_read, [this] {
      boost::system::error_code none;  // then nobody is trusted, and each handshake says so
      if (settings.authorities.empty()) tls.set_default_verify_paths(none);
    });
    return tls;
  }

  // A name server that does not answer must not hold the request beyond its deadline.
  asio::awaitable<Resolved> resolve(HttpOrigin origin, runtime::Deadline deadline) {
    auto found = std::make_shared<runtime::OneShot<Resolved>>();
    tcp::resolver resolver(executor);
    resolver.async_resolve(origin.host, origin.port,
                           [found](const boost::system::error_code& error, tcp::resolver::results_type endpoints) {
                             Resolved result{{}, std::move(endpoints)};
                             if (error) result.status = {Code::unavailable, "resolve: " + error.message()};
                             found->deliver(std::move(result));
                           });
    asio::steady_timer timer(executor, deadline);
    timer.async_wait([found](const boost::system::error_code& error) {
      Resolved late;
      late.status = {Code::deadline_exceeded, "resolve: the deadline passed"};
      if (!error) found->deliver(std::move(late));
    });
    co_return co_await found->wait();
  }

  asio::awaitable<Exchange> exchange(HttpConnection& connection, const HttpTarget& target, const HttpRequest& request,
                                     runtime::Deadline deadline) {
    const asio::any_io_executor strand = connection.strand();
    co_return co_await asio::co_spawn(strand, connection.exchange(target, request, settings.header_bytes, deadline),
                                      asio::use_awaitable);
  }

  asio::awaitable<Exchange> fresh(const HttpTarget& target, const HttpRequest& request, runtime::Deadline deadline) {
    Exchange failed;
    Resolved resolved = co_await resolve(target.origin, deadline);
    failed.status = resolved.status;
    if (!failed.status.ok()) co_return failed;
    std::optional<asio::ssl::context> own;
    if (request.tls) failed.status = equip(own.emplace(asio::ssl::context::tls_client), *request.tls);
    if (!failed.status.ok()) co_return failed;
    asio::ssl::context& context = own ? *own : target.origin.secure ? trusting() : tls;
    auto connection = make_connection(executor, context, target.origin);
    const asio::any_io_executor strand = connection->strand();
    failed.status =
        co_await asio::co_spawn(strand, connection->open(resolved.endpoints, deadline), asio::use_awaitable);
    if (!failed.status.ok()) co_return failed;
    Exchange result = co_await exchange(*connection, target, request, deadline);
    // With a name of its own it is nobody else's, who may not have the key.
    if (result.keep && !own) pool.give(target.origin, std::move(connection));
    co_return result;
  }

  const asio::any_io_executor executor;
  const HttpClientSettings settings;
  asio::ssl::context tls;
  std::once_flag authorities_read;
  HttpPool pool;
};

HttpClient::HttpClient(asio::any_io_executor executor, HttpClientSettings settings)
    : core_(std::make_shared<Core>(std::move(executor), std::move(settings))) {}

HttpClient::~HttpClient() = default;

std::size_t HttpClient::idle() const { return core_->pool.size(); }

asio::awaitable<Result<HttpReply>> HttpClient::send(HttpRequest request, std::int64_t budget_ns) {
  const auto core = core_;
  const auto target = parse_target(request.url);
  if (!target.ok()) co_return target.status();
  if (Status status = check(request, *target); !status.ok()) co_return status;
  const runtime::Deadline deadline = runtime::deadline_in(budget_ns);

  Exchange result;
  result.untouched = true;
  if (auto kept = request.tls ? nullptr : core->pool.take(target->origin)) {
    result = co_await core->exchange(*kept, *target, request, deadline);
    if (result.keep) core->pool.give(target->origin, std::move(kept));
    // A server may close an idle connection at the moment it is used again.
    result.untouched = result.untouched && idempotent(request.method);
  }
  if (result.untouched) result = co_await core->fresh(*target, request, deadline);
  if (!result.status.ok()) {
    result.status.message.insert(0, request.method + " " + target->shown + ": ");
    co_return result.status;
  }
  co_return std::move(result.reply);
}

}  // namespace slipway::services
