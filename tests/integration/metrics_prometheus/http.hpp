// The least of HTTP that the test needs: a target to scrape, and the host's
// HTTP service over a real connection.
#pragma once

#include <atomic>
#include <functional>
#include <slipway/services.hpp>
#include <string>
#include <thread>

namespace slipway::test {

// Answers every request with the text that the function makes, on a free port,
// until it goes.
class Target {
 public:
  explicit Target(std::function<std::string()> text, std::string type = "text/plain; version=0.0.4");
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve();

  std::function<std::string()> text_;
  std::string type_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// http://127.0.0.1:port/… only.
Result<services::HttpReply> send_http(const services::HttpRequest& request);

}  // namespace slipway::test
