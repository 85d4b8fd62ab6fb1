#include "host/services/http_connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace slipway::services {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Error = boost::system::error_code;

Status failure(const Error& error, const std::string& doing) {
  if (error == beast::error::timeout) return {Code::deadline_exceeded, doing + ": the deadline passed"};
  if (error == http::error::body_limit) return {Code::resource_exhausted, doing + ": the answer is too large"};
  if (error == http::error::header_limit)
    return {Code::resource_exhausted, doing + ": the answer's header is too large"};
  return {Code::unavailable, doing + ": " + error.message()};
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

http::request<http::string_body> message_of(const HttpTarget& target, const HttpRequest& request) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(target.path);
  message.set(http::field::user_agent, "slipway");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.set(http::field::host, target.authority);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

HttpReply reply_of(http::response<http::string_body>& message) {
  HttpReply reply;
  reply.status = static_cast<std::int32_t>(message.result_int());
  for (const auto& field : message) {
    std::string& value = reply.headers[lower(field.name_string())];
    value += (value.empty() ? "" : ", ") + std::string(field.value());
  }
  reply.body = std::move(message.body());
  return reply;
}

beast::tcp_stream& transport(beast::tcp_stream& stream) { return stream; }
beast::tcp_stream& transport(beast::ssl_stream<beast::tcp_stream>& stream) { return stream.next_layer(); }

template <class Stream>
class Connection : public HttpConnection {
 public:
  template <class... Arguments>
  explicit Connection(Arguments&&... arguments) : stream_(std::forward<Arguments>(arguments)...) {}

  asio::any_io_executor strand() override { return transport(stream_).get_executor(); }

  asio::awaitable<Status> open(Endpoints endpoints, Deadline deadline) override {
    Error error;
    transport(stream_).expires_at(deadline);
    co_await transport(stream_).async_connect(endpoints, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failure(error, "connect");
    transport(stream_).socket().set_option(asio::ip::tcp::no_delay(true), error);
    co_return co_await secure();
  }

  asio::awaitable<Exchange> exchange(const HttpTarget& target, const HttpRequest& request, std::uint32_t header_bytes,
                                     Deadline deadline) override {
    Exchange result;
    Error error;
    auto message = message_of(target, request);
    const auto begin = std::chrono::steady_clock::now();
    transport(stream_).expires_at(deadline);
    co_await http::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
    // An answer may be there although the other side stopped reading, as with 413.
    http::response_parser<http::string_body> parser;
    parser.body_limit(static_cast<std::uint64_t>(request.max_reply_bytes));
    parser.header_limit(header_bytes);
    parser.skip(message.method() == http::verb::head);
    const Error write_error = error;
    if (!write_error || write_error == asio::error::broken_pipe || write_error == asio::error::connection_reset) {
      co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) {
      result.untouched = !parser.got_some() && error != beast::error::timeout;
      result.status = failure(write_error ? write_error : error, write_error ? "send" : "receive");
      co_return result;
    }
    transport(stream_).expires_never();
    result.keep = parser.keep_alive() && !write_error;
    result.reply = reply_of(parser.get());
    result.reply.elapsed = nanoseconds((std::chrono::steady_clock::now() - begin).count());
    co_return result;
  }

  bool quiet() override {
    Error error;
    char byte = 0;
    auto& socket = transport(stream_).socket();
    socket.non_blocking(true, error);
    socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
    return error == asio::error::would_block && buffer_.size() == 0;
  }

 protected:
  virtual asio::awaitable<Status> secure() { co_return Status(); }

  Stream stream_;
  beast::flat_buffer buffer_;
};

class TlsConnection final : public Connection<beast::ssl_stream<beast::tcp_stream>> {
 public:
  TlsConnection(const asio::any_io_executor& strand, asio::ssl::context& tls, std::string host)
      : Connection(beast::tcp_stream(strand), tls), host_(std::move(host)) {}

 protected:
  asio::awaitable<Status> secure() override {
    Error error;
    stream_.set_verify_mode(asio::ssl::verify_peer, error);
    if (!error) stream_.set_verify_callback(asio::ssl::host_name_verification(host_), error);
    // The macro of OpenSSL for this call casts in the old style.
    if (error ||
        SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host_.data()) != 1) {
      co_return Status(Code::internal, "TLS: it cannot be set up for \"" + host_ + "\"");
    }
    co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failure(error, "TLS");
    co_return Status();
  }

 private:
  std::string host_;
};

}  // namespace

std::unique_ptr<HttpConnection> make_connection(const asio::any_io_executor& executor, asio::ssl::context& tls,
                                                const HttpOrigin& origin) {
  const asio::any_io_executor strand = asio::make_strand(executor);
  if (origin.secure) return std::make_unique<TlsConnection>(strand, tls, origin.host);
  return std::make_unique<Connection<beast::tcp_stream>>(strand);
}

}  // namespace slipway::services
