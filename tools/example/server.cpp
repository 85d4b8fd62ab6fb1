#include "tools/example/server.hpp"

#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cstdlib>

namespace slipway::example {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr auto kIdleLimit = std::chrono::seconds(75);
constexpr std::uint32_t kHeaderLimit = 16 * 1024;
constexpr std::uint64_t kBodyLimit = 64 * 1024;
constexpr auto kLongestSleep = std::chrono::milliseconds(60'000);

bool is_probe(std::string_view path) {
  return path == "/healthz" || path == "/livez" || path == "/counts" || path == "/metrics";
}

std::string path_of(const Server::Request& request) {
  const auto target = boost::urls::parse_origin_form(request.target());
  return target ? std::string(target->encoded_path()) : std::string();
}

std::string parameter_of(const Server::Request& request, std::string_view name) {
  const auto target = boost::urls::parse_origin_form(request.target());
  if (!target) return {};
  const auto parameters = target->params();
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : std::string((*found).value);
}

Server::Response response(http::status status, std::string body, std::string_view type = "text/plain; charset=utf-8") {
  Server::Response made{status, 11};
  made.set(http::field::content_type, type);
  made.body() = std::move(body);
  return made;
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4U];
    hex += "0123456789abcdef"[byte & 15U];
  }
  return hex;
}

// A secret is proved by its digest: the value itself never leaves the process.
Server::Response secret_digest(const std::string& name) {
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  if (value == nullptr) return response(http::status::not_found, "no variable \"" + name + "\" in the environment\n");
  return response(http::status::ok, sha256_hex(value) + "\n");
}

std::chrono::milliseconds sleep_of(const Server::Request& request) {
  const std::string text = parameter_of(request, "ms");
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::clamp(std::chrono::milliseconds(number), std::chrono::milliseconds(0), kLongestSleep);
}

}  // namespace

Server::Server(Acceptor acceptor, const Options& options, Counts& counts)
    : acceptor_(std::move(acceptor)),
      options_(options),
      counts_(counts),
      random_(options.seed),
      started_(Clock::now()),
      all_closed_(acceptor_.get_executor(), Clock::time_point::max()) {}

asio::awaitable<void> Server::run() {
  while (!stopping_) {
    boost::system::error_code error;
    auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
  }
  while (!sessions_.empty()) {
    boost::system::error_code woken;
    co_await all_closed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

void Server::stop() {
  stopping_ = true;
  acceptor_.close();
  for (Session* session : sessions_) {
    if (!session->busy) session->stream.cancel();
  }
}

asio::awaitable<void> Server::serve(asio::ip::tcp::socket socket) {
  Session session{boost::beast::tcp_stream(std::move(socket))};
  sessions_.insert(&session);
  boost::system::error_code ignored;
  session.stream.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  try {
    boost::beast::flat_buffer buffer;
    while (co_await exchange(session, buffer)) {
    }
  } catch (const boost::system::system_error&) {
    // The client went away, stayed silent too long, or sent what is not HTTP.
  }
  session.stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  sessions_.erase(&session);
  if (stopping_ && sessions_.empty()) all_closed_.cancel();
}

// One request and its answer; true when the connection stays open.
asio::awaitable<bool> Server::exchange(Session& session, boost::beast::flat_buffer& buffer) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(kHeaderLimit);
  parser.body_limit(kBodyLimit);
  session.stream.expires_after(kIdleLimit);
  co_await http::async_read_header(session.stream, buffer, parser, asio::use_awaitable);
  session.busy = true;
  const Request& request = parser.get();
  const bool counted = !is_probe(path_of(request));
  if (counted) counts_.received();
  const auto begun = Clock::now();
  co_await http::async_read(session.stream, buffer, parser, asio::use_awaitable);
  session.stream.expires_never();

  Response reply = co_await answer(request);
  reply.keep_alive(request.keep_alive() && !stopping_);
  reply.prepare_payload();
  if (counted) counts_.answered(reply.result_int());
  if (counted) counts_.took(Clock::now() - begun);
  if (request.method() == http::verb::head) reply.body().clear();
  boost::system::error_code error;
  session.stream.expires_after(kIdleLimit);
  co_await http::async_write(session.stream, reply, asio::redirect_error(asio::use_awaitable, error));
  if (error && counted) counts_.unsent();
  session.busy = false;
  co_return !error && reply.keep_alive() && !stopping_;
}

asio::awaitable<Server::Response> Server::answer(const Request& request) {
  const std::string path = path_of(request);
  if (is_probe(path)) co_return route(request, path);
  co_await delay();
  if (path == "/sleep") {
    asio::steady_timer timer(acceptor_.get_executor(), sleep_of(request));
    co_await timer.async_wait(asio::use_awaitable);
  }
  if (draw(options_.fail_ratio)) {
    counts_.injected();
    co_return response(http::status::internal_server_error, options_.version + " fails as told\n");
  }
  co_return route(request, path);
}

asio::awaitable<void> Server::delay() {
  const bool slow = draw(options_.slow_ratio);
  if (slow) counts_.slow();
  const auto wait = options_.latency + (slow ? options_.slow_latency : std::chrono::milliseconds(0));
  if (wait.count() == 0) co_return;
  asio::steady_timer timer(acceptor_.get_executor(), wait);
  co_await timer.async_wait(asio::use_awaitable);
}

Server::Response Server::route(const Request& request, std::string_view path) {
  if (path == "/" || path == "/sleep") {
    return response(http::status::ok, "version " + options_.version + " pid " + std::to_string(getpid()) + "\n");
  }
  if (path == "/livez") return response(http::status::ok, "alive\n");
  if (path == "/healthz") {
    return ready() ? response(http::status::ok, "ready\n")
                   : response(http::status::service_unavailable, "not ready yet\n");
  }
  if (path == "/counts") return response(http::status::ok, counts_.to_json() + "\n", "application/json");
  if (path == "/metrics") return response(http::status::ok, counts_.to_metrics(), "text/plain; version=0.0.4");
  if (path == "/echo") return response(http::status::ok, request.body());
  if (path == "/secret-digest") return secret_digest(parameter_of(request, "name"));
  return response(http::status::not_found, "no such path\n");
}

bool Server::ready() const { return Clock::now() - started_ >= options_.ready_after; }

}  // namespace slipway::example
