#include "host/api/connection.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <cctype>
#include <optional>

#include "host/api/problem.hpp"

namespace slipway::api {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;

namespace {

std::chrono::nanoseconds chrono_of(Duration duration) { return std::chrono::nanoseconds(duration.ns); }

auto quietly(boost::system::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

Request request_from(const http::request<http::string_body>& message) {
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.body = message.body();
  for (const auto& header : message) {
    std::string name(header.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers[std::move(name)] = std::string(header.value());
  }
  return request;
}

template <class Body>
http::response<Body> head_of(const Response& response, unsigned version, bool keep_alive) {
  http::response<Body> head(static_cast<http::status>(response.status), version);
  head.set(http::field::server, "slipwayd");
  if (!response.content_type.empty()) head.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) head.set(name, value);
  head.keep_alive(keep_alive);
  return head;
}

// Refusals that the parser finds: which answer each gets. Nothing for a connection that is simply gone.
std::optional<Response> refusal_for(boost::system::error_code error, const ServerSettings& limits) {
  if (error == http::error::header_limit) {
    return problem(431,
                   {Code::invalid_argument,
                    "the request's header is longer than " + std::to_string(limits.header_bytes) + " bytes"},
                   "");
  }
  if (error == http::error::body_limit) {
    return problem(
        413,
        {Code::invalid_argument, "the request's body is longer than " + std::to_string(limits.body_bytes) + " bytes"},
        "");
  }
  if (error == asio::error::timed_out)
    return problem(
        408, {Code::deadline_exceeded, "the request did not arrive within " + to_string(limits.request_timeout)}, "");
  if (error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    return problem(400, {Code::invalid_argument, "not a valid HTTP/1.1 request: " + error.message()}, "");
  }
  return std::nullopt;
}

}  // namespace

// A socket whose operations end with timed_out when their time is over. Unlike Beast's own stream it stays open then,
// so that the client can be told.
class TimedSocket {
 public:
  using executor_type = tcp::socket::executor_type;
  explicit TimedSocket(tcp::socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

  executor_type get_executor() { return socket_.get_executor(); }
  tcp::socket& socket() { return socket_; }
  [[nodiscard]] bool timed_out() const { return timed_out_; }

  void expires_never() {
    ++round_;
    timer_.cancel();
  }
  void expires_after(std::chrono::nanoseconds time) {
    timed_out_ = false;
    timer_.expires_after(time);
    timer_.async_wait([this, round = ++round_, alive = std::weak_ptr<char>(alive_)](boost::system::error_code error) {
      if (error || alive.expired() || round != round_) return;
      timed_out_ = true;
      boost::system::error_code ignored;
      socket_.cancel(ignored);
    });
  }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::uint64_t round_ = 0;
  bool timed_out_ = false;
};

class Connection::Session {
 public:
  Session(tcp::socket socket, ConnectionShared& shared) : stream_(std::move(socket)), shared_(shared) {}

  asio::awaitable<void> serve() {
    while (!shared_.closing && co_await exchange()) {
    }
    boost::system::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  // On the strand.
  void close_when_idle() {
    if (waiting_) stop();
  }
  void stop() {
    boost::system::error_code ignored;
    stream_.socket().cancel(ignored);
    stream_.socket().close(ignored);
  }
  auto executor() { return stream_.get_executor(); }

 private:
  // One request and its answer; whether the connection goes on.
  asio::awaitable<bool> exchange() {
    const ServerSettings limits = shared_.limits();
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(limits.body_bytes);
    const auto error = co_await read(parser, limits);
    if (error) co_return co_await refuse(error, limits);
    // Counted before the look at `closing`: who closes sees this request, or it is turned away.
    std::optional<AnswerCount> answering(shared_);
    if (shared_.closing) co_return co_await turn_away(limits);
    const bool head_only = parser.get().method() == http::verb::head;
    const unsigned version = parser.get().version();
    Response response = co_await shared_.handler(request_from(parser.get()));
    if (response.stream) {
      answering.reset();
      co_return co_await send_stream(std::move(response), version, limits);
    }
    const bool keep_alive = parser.get().keep_alive() && !shared_.closing;
    co_return co_await send(std::move(response), version, keep_alive, head_only, limits);
  }

  asio::awaitable<boost::system::error_code> read(Parser& parser, const ServerSettings& limits) {
    boost::system::error_code error;
    if (buffer_.size() == 0) {
      waiting_ = true;
      stream_.expires_after(chrono_of(limits.idle_timeout));
      const auto space = buffer_.prepare(4096);
      buffer_.commit(co_await stream_.async_read_some(space, quietly(error)));
      waiting_ = false;
      if (error) co_return http::error::end_of_stream;
    }
    stream_.expires_after(chrono_of(limits.request_timeout));
    co_await http::async_read_header(stream_, buffer_, parser, quietly(error));
    if (error) co_return reason_of(error);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue") && !parser.is_done()) {
      http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
      co_await http::async_write(stream_, go_on, quietly(error));
      if (error) co_return error;
    }
    co_await http::async_read(stream_, buffer_, parser, quietly(error));
    co_return reason_of(error);
  }

  [[nodiscard]] boost::system::error_code reason_of(boost::system::error_code error) const {
    return error && stream_.timed_out() ? asio::error::make_error_code(asio::error::timed_out) : error;
  }

  asio::awaitable<bool> refuse(boost::system::error_code error, const ServerSettings& limits) {
    auto response = refusal_for(error, limits);
    if (!response) co_return false;
    shared_.observer.refused(std::to_string(response->status));
    co_await send(std::move(*response), 11, false, false, limits);
    co_await drain();
    co_return false;
  }

  asio::awaitable<bool> turn_away(const ServerSettings& limits) {
    shared_.observer.refused("stopping");
    const Status status(Code::unavailable, "slipwayd is stopping; ask again once it is back");
    co_return co_await send(problem(503, status, ""), 11, false, false, limits);
  }

  // Reads away a little of what the client still sends, so that the refusal is not lost to a connection reset.
  asio::awaitable<void> drain() {
    boost::system::error_code error;
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
    stream_.expires_after(std::chrono::seconds(1));
    std::array<char, 16384> scrap{};
    for (int i = 0; i < 64 && !error; ++i) co_await stream_.async_read_some(asio::buffer(scrap), quietly(error));
  }

  asio::awaitable<bool> send(Response response, unsigned version, bool keep_alive, bool head_only,
                             const ServerSettings& limits) {
    auto message = head_of<http::string_body>(response, version, keep_alive);
    message.body() = std::move(response.body);
    message.prepare_payload();
    if (head_only) message.body().clear();
    boost::system::error_code error;
    stream_.expires_after(chrono_of(limits.request_timeout));
    http::response_serializer<http::string_body> serializer(message);
    if (head_only || response.status == 304 || response.status == 204) {
      co_await http::async_write_header(stream_, serializer, quietly(error));
    } else {
      co_await http::async_write(stream_, serializer, quietly(error));
    }
    co_return !error && keep_alive;
  }

  asio::awaitable<bool> send_stream(Response response, unsigned version, const ServerSettings& limits) {
    if (shared_.streams >= limits.streams) {
      shared_.observer.refused("streams");
      co_return co_await send(problem(429,
                                      {Code::resource_exhausted, "there are already " + std::to_string(limits.streams) +
                                                                     " streams, the most allowed"},
                                      ""),
                              version, false, false, limits);
    }
    const StreamCount count(shared_);
    auto head = head_of<http::empty_body>(response, version, false);
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer(head);
    boost::system::error_code error;
    stream_.expires_after(chrono_of(limits.request_timeout));
    co_await http::async_write_header(stream_, serializer, quietly(error));
    while (!error && !shared_.closing) {
      stream_.expires_never();
      const std::string piece = co_await response.stream();
      if (piece.empty()) break;
      stream_.expires_after(chrono_of(limits.request_timeout));
      co_await asio::async_write(stream_, http::make_chunk(asio::buffer(piece)), quietly(error));
    }
    if (!error) co_await asio::async_write(stream_, http::make_chunk_last(), quietly(error));
    co_return false;
  }

  struct AnswerCount {
    explicit AnswerCount(ConnectionShared& s) : shared(s) { ++shared.answering; }
    ~AnswerCount() {
      if (--shared.answering == 0 && shared.closing) shared.on_rest();
    }
    AnswerCount(const AnswerCount&) = delete;
    AnswerCount& operator=(const AnswerCount&) = delete;
    ConnectionShared& shared;
  };

  struct StreamCount {
    explicit StreamCount(ConnectionShared& s) : shared(s) {
      ++shared.streams;
      shared.observer.streams(1);
    }
    ~StreamCount() {
      --shared.streams;
      shared.observer.streams(-1);
    }
    StreamCount(const StreamCount&) = delete;
    StreamCount& operator=(const StreamCount&) = delete;
    ConnectionShared& shared;
  };

  TimedSocket stream_;
  beast::flat_buffer buffer_;
  ConnectionShared& shared_;
  bool waiting_ = false;
};

Connection::Connection(tcp::socket socket, std::shared_ptr<ConnectionShared> shared)
    : shared_(std::move(shared)), session_(std::make_unique<Session>(std::move(socket), *shared_)) {
  ++shared_->open;
  shared_->observer.connections(1);
}

Connection::~Connection() {
  --shared_->open;
  shared_->observer.connections(-1);
}

void Connection::run() {
  asio::co_spawn(
      session_->executor(), [self = shared_from_this()]() -> asio::awaitable<void> { return self->session_->serve(); },
      [self = shared_from_this()](const std::exception_ptr&) {});
}

void Connection::close_when_idle() {
  asio::dispatch(session_->executor(), [self = shared_from_this()] { self->session_->close_when_idle(); });
}

void Connection::abort() {
  asio::dispatch(session_->executor(), [self = shared_from_this()] { self->session_->stop(); });
}

}  // namespace slipway::api
