#include "plugins/metrics/haproxy/stats.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace slipway::haproxy {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using Failure = boost::system::error_code;

constexpr std::size_t kLongestReply = 64 << 20;

asio::awaitable<Result<std::string>> exchange(std::string path, std::string commands) {
  asio::local::stream_protocol::socket socket(co_await asio::this_coro::executor);
  Failure failure;
  std::string reply;
  co_await socket.async_connect(path, asio::redirect_error(use_awaitable, failure));
  if (!failure)
    co_await asio::async_write(socket, asio::buffer(commands), asio::redirect_error(use_awaitable, failure));
  if (!failure)
    co_await asio::async_read(socket, asio::dynamic_buffer(reply, kLongestReply),
                              asio::redirect_error(use_awaitable, failure));
  if (failure == asio::error::eof) co_return reply;
  co_return Status(Code::unavailable, "HAProxy's socket \"" + path + "\": " + failure.message());
}

asio::awaitable<void> timer(std::chrono::milliseconds limit) {
  asio::steady_timer wait(co_await asio::this_coro::executor, limit);
  co_await wait.async_wait(use_awaitable);
}

}  // namespace

asio::awaitable<Result<std::string>> ask_stats(std::string path, std::string commands,
                                               std::chrono::milliseconds limit) {
  if (path.size() > 107) co_return Status(Code::unavailable, "HAProxy's socket \"" + path + "\": its name is too long");
  auto ended = co_await (exchange(path, commands + "\n") || timer(limit));
  if (ended.index() == 0) co_return std::move(std::get<0>(ended));
  co_return Status(Code::deadline_exceeded,
                   "HAProxy's socket \"" + path + "\" gave no answer within " + std::to_string(limit.count()) + " ms");
}

}  // namespace slipway::haproxy
