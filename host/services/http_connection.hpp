// One connection to one origin. Not for use outside this folder.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <slipway/services.hpp>
#include <slipway/status.hpp>

#include "host/services/http_target.hpp"

namespace slipway::services {

// How an exchange ended.
struct Exchange {
  Status status;
  HttpReply reply;
  bool keep = false;       // the connection can carry another request
  bool untouched = false;  // it broke before the first byte of an answer
};

// Runs on its own strand: open and exchange are to be spawned there, one at a time.
class HttpConnection {
 public:
  using Endpoints = boost::asio::ip::tcp::resolver::results_type;
  using Deadline = std::chrono::steady_clock::time_point;

  HttpConnection() = default;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  virtual ~HttpConnection() = default;

  virtual boost::asio::any_io_executor strand() = 0;
  virtual boost::asio::awaitable<Status> open(Endpoints endpoints, Deadline deadline) = 0;
  virtual boost::asio::awaitable<Exchange> exchange(const HttpTarget& target, const HttpRequest& request,
                                                    std::uint32_t header_bytes, Deadline deadline) = 0;
  // Whether the other side has neither closed nor said anything since the last exchange.
  virtual bool quiet() = 0;
};

// `tls` outlives the connection; it is used for a secure origin.
std::unique_ptr<HttpConnection> make_connection(const boost::asio::any_io_executor& executor,
                                                boost::asio::ssl::context& tls, const HttpOrigin& origin);

}  // namespace slipway::services
