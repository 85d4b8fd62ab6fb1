// One connection to HAProxy's runtime socket that takes one command after the other (its `prompt` mode). Every answer
// has a second to come; after a failure the connection is of no more use.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::haproxy {

class Prompt {
 public:
  explicit Prompt(const boost::asio::any_io_executor& executor) : socket_(executor) {}

  boost::asio::awaitable<bool> open(std::string path);
  // Nothing when it was not answered.
  boost::asio::awaitable<std::optional<std::string>> ask(std::string command);
  boost::asio::awaitable<bool> send(std::string command);
  // An answer line by line for as long as it lasts, at most `longest`. A line of more than 1 MiB ends it.
  boost::asio::awaitable<void> lines(std::function<void(std::string_view)> take, std::chrono::seconds longest);
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  boost::asio::awaitable<std::optional<std::string>> answer();
  boost::asio::awaitable<void> read_lines(std::function<void(std::string_view)> take);

  boost::asio::local::stream_protocol::socket socket_;
};

}  // namespace slipway::haproxy
