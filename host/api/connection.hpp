// One connection of the server: requests in order, each read within its limits and answered.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <mutex>

#include "host/api/server.hpp"

namespace slipway::api {

// What all connections of a server share. Thread-safe.
struct ConnectionShared {
  std::mutex mutex;  // of settings
  ServerSettings settings;
  Server::Handler handler;
  ServerObserver observer;
  std::atomic<bool> closing{false};
  std::atomic<std::size_t> open{0};
  std::atomic<std::size_t> streams{0};
  std::atomic<std::size_t> answering{0};  // requests that are with the handler, or whose answer is being sent
  std::function<void()> on_rest;          // any thread: nobody is answered any more, and the server is closing

  ServerSettings limits() {
    const std::lock_guard lock(mutex);
    return settings;
  }
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<ConnectionShared> shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves until the end; keeps itself alive.
  void run();
  // Any thread: ends now when it waits for a request or streams, else after the answer under way.
  void close_when_idle();
  // Any thread: ends now.
  void abort();

 private:
  class Session;
  std::shared_ptr<ConnectionShared> shared_;
  std::unique_ptr<Session> session_;
};

}  // namespace slipway::api
