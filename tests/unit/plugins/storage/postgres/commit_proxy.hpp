// Stands between a store and its server, and loses the connection around a COMMIT, or carries nothing for a while.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace slipway::test {

enum class Loss { before_the_server_has_it, after_the_server_did_it };

class CommitProxy {
 public:
  explicit CommitProxy(std::uint16_t server);
  CommitProxy(const CommitProxy&) = delete;
  CommitProxy& operator=(const CommitProxy&) = delete;
  ~CommitProxy();

  // The next COMMITs lose their connection so.
  void lose(int commits, Loss loss) {
    loss_ = loss;
    left_ = commits;
  }
  [[nodiscard]] int left() const { return left_; }
  // As a network that is cut: connections stay, and nothing arrives until it speaks again.
  void fall_silent() { silent_ = true; }
  void speak() { silent_ = false; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve();
  void carry(int client);

  const std::uint16_t server_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> left_{0};
  std::atomic<Loss> loss_{Loss::before_the_server_has_it};
  std::atomic<bool> silent_{false};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> connections_;
  std::thread thread_;
};

}  // namespace slipway::test
