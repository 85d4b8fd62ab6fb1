// Takes access records over a UNIX socket that HAProxy's ring connects to; several processes at once during a reload.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::haproxy {

struct ListenerEvents {
  std::function<void(std::int32_t pid)> connected;
  std::function<void(std::int32_t pid)> disconnected;
  std::function<void(std::int32_t pid, std::string_view message)> message;
  std::function<void()> caught_up;  // all that had come was handed over
  std::function<void(const std::string& problem)> problem;
};

// One thread: that of the executor, which also calls the events.
class Listener {
 public:
  // Listens when it returns; the path then leads here, also when another listener was there before. Throws Error.
  Listener(boost::asio::any_io_executor executor, std::string path, ListenerEvents events);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // No more connections; the open ones are closed, so that HAProxy goes to whoever listens now. Idempotent.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace slipway::haproxy
