#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <random>
#include <set>

#include "tools/example/counts.hpp"
#include "tools/example/options.hpp"

namespace slipway::example {

// Serves HTTP/1.1 with keep-alive. Everything runs on the one thread of the executor that the acceptor brings.
class Server {
 public:
  using Acceptor = boost::asio::ip::tcp::acceptor;
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  // `options` and `counts` outlive the server.
  Server(Acceptor acceptor, const Options& options, Counts& counts);

  // Accepts until stop(), then waits until the open requests are answered.
  boost::asio::awaitable<void> run();
  // Closes the acceptor and the idle connections; open requests finish and their connections close then.
  void stop();

 private:
  struct Session {
    boost::beast::tcp_stream stream;
    bool busy = false;  // between the first byte of a request and the last of its answer
  };

  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
  boost::asio::awaitable<bool> exchange(Session& session, boost::beast::flat_buffer& buffer);
  boost::asio::awaitable<Response> answer(const Request& request);
  boost::asio::awaitable<void> delay();
  Response route(const Request& request, std::string_view path);
  bool draw(double ratio) { return std::uniform_real_distribution<>()(random_) < ratio; }
  bool ready() const;

  Acceptor acceptor_;
  const Options& options_;
  Counts& counts_;
  std::mt19937_64 random_;
  std::chrono::steady_clock::time_point started_;
  std::set<Session*> sessions_;
  boost::asio::steady_timer all_closed_;
  bool stopping_ = false;
};

}  // namespace slipway::example
