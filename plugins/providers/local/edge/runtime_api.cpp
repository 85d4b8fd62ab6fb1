#include "plugins/providers/local/edge/runtime_api.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <slipway/status.hpp>

namespace slipway::local {
namespace {

namespace asio = boost::asio;

// HAProxy answers nothing at all to a command that does not fit its buffer, tune.bufsize less maxrewrite.
constexpr std::size_t kLongestLine = 15000;
constexpr std::size_t kLongestReply = std::size_t{64} << 20;

}  // namespace

RuntimeApi::RuntimeApi(std::string socket_path, Span deadline)
    : socket_path_(std::move(socket_path)), deadline_(deadline) {}

awaitable<std::string> RuntimeApi::ask(std::string line) {
  if (line.size() > kLongestLine) {
    throw Error(Code::failed_precondition, "a command of " + std::to_string(line.size()) +
                                               " bytes is too long for HAProxy, which takes at most " +
                                               std::to_string(kLongestLine));
  }
  auto reply = co_await within(deadline_, exchange(std::move(line)));
  if (reply) co_return *std::move(reply);
  throw Error(Code::deadline_exceeded,
              "HAProxy did not answer on \"" + socket_path_ + "\" within " + std::to_string(deadline_.count()) + " ms");
}

awaitable<std::string> RuntimeApi::exchange(std::string line) {
  asio::local::stream_protocol::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error;
  co_await socket.async_connect(asio::local::stream_protocol::endpoint(socket_path_), into(error));
  line += '\n';
  if (!error) co_await asio::async_write(socket, asio::buffer(line), into(error));
  if (error) throw Error(Code::unavailable, "HAProxy does not listen on \"" + socket_path_ + "\": " + error.message());
  // The master closes only after us; a worker closes by itself.
  socket.shutdown(asio::socket_base::shutdown_send, error);
  std::string reply;
  co_await asio::async_read(socket, asio::dynamic_buffer(reply, kLongestReply), into(error));
  if (error && error != asio::error::eof) {
    throw Error(Code::unavailable, "HAProxy broke off its answer on \"" + socket_path_ + "\": " + error.message());
  }
  co_return reply;
}

}  // namespace slipway::local
