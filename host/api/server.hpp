// The HTTP/1.1 server under the API: connections, limits, time. It knows no path.
//
// Start and stop from any thread; the handler is called on the connection's strand of the context given.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>

#include "host/api/message.hpp"

namespace slipway::api {

struct ServerSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::size_t header_bytes = 16 << 10;
  std::size_t body_bytes = 4 << 20;
  std::size_t connections = 512;
  std::size_t streams = 64;                // answers that go on for ever, among the connections
  Duration request_timeout = seconds(30);  // from a request's first byte to its last, and for each piece of an answer
  Duration idle_timeout = seconds(60);     // between two requests of a connection
};

// What the server counts; called from any thread.
struct ServerObserver {
  std::function<void(std::int64_t change)> connections = [](std::int64_t) {};
  std::function<void(std::int64_t change)> streams = [](std::int64_t) {};
  std::function<void(std::string_view reason)> refused = [](std::string_view) {};
};

class Server {
 public:
  using Handler = std::function<Answer(Request)>;

  Server(boost::asio::io_context& context, ServerSettings settings, Handler handler, ServerObserver observer = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens. FAILED_PRECONDITION, naming address and port, when that can't be; says what to do.
  Status start();
  // The port that it listens on.
  [[nodiscard]] std::uint16_t port() const;
  // No new connections or requests; streams end. Answers under way are still sent.
  void close();
  // Until every answer under way is sent, for at most `patience`; streams are not waited for. Precondition: close.
  boost::asio::awaitable<void> finish(Duration patience);
  // Ends what is left. Precondition: close.
  void abort();
  // Connections that are open.
  [[nodiscard]] std::size_t open_connections() const;
  // Limits for requests from now on (SIGHUP).
  void set_limits(const ServerSettings& settings);

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace slipway::api
