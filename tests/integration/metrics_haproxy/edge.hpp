// A real HAProxy with an application of two releases and a baseline, which it plays itself, and metrics-haproxy beside
// it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <slipway/interfaces/metrics.hpp>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/hosted.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {

Instant wall_clock();

// A held one goes to `held_socket` instead, and has place for a few records only.
enum class Ring { present, absent, held };

class Haproxy {
 public:
  explicit Haproxy(Ring ring = Ring::present);

  // Starts it; the old one, if any, was killed before.
  void start();
  void kill() { process_.reset(); }
  // A new process takes over; returns once the old one has ended and the new one answers.
  void reload();
  void signal(int number) const { process_->signal(number); }

  [[nodiscard]] std::string records_socket() const { return (directory_.path() / "records.sock").string(); }
  [[nodiscard]] std::string held_socket() const { return (directory_.path() / "held.sock").string(); }
  [[nodiscard]] std::string stats_socket() const { return (directory_.path() / "haproxy.sock").string(); }
  [[nodiscard]] std::uint16_t port() const { return edge_; }
  [[nodiscard]] bool answers() const;

 private:
  [[nodiscard]] std::string config() const;
  std::vector<std::string> words() const;

  Ring ring_;
  TemporaryDirectory directory_;
  std::uint16_t edge_ = free_port();
  std::uint16_t replica_ = free_port();
  std::unique_ptr<ServerProcess> process_;
  std::unique_ptr<ServerProcess> old_;
};

// One connection that sends requests one after the other, and connects anew when it is broken.
class Client {
 public:
  explicit Client(std::uint16_t port) : port_(port) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }
  // The status; 0 when there was no answer. Paths: /a, /b and /c lead to release 1.0, 2.0 and 1.0+baseline; /a/fail
  // answers 500, /a/missing 404.
  int get(const std::string& path);

 private:
  bool connect();
  void close();
  int exchange(const std::string& path);

  std::uint16_t port_;
  int fd_ = -1;
};

// Requests from several connections at once until it is told to stop.
class Crowd {
 public:
  Crowd(std::uint16_t port, int clients, std::string path);
  void stop();
  [[nodiscard]] int answered() const { return answered_; }

 private:
  std::atomic<int> answered_{0};
  std::vector<std::jthread> threads_;
};

// Stands between HAProxy and the plugin, and passes records on only while it is told to.
class HeldStream {
 public:
  explicit HeldStream(const Haproxy& haproxy);
  HeldStream(const HeldStream&) = delete;
  HeldStream& operator=(const HeldStream&) = delete;
  ~HeldStream();
  void hold() { held_ = true; }
  void let_go() { held_ = false; }

 private:
  void pass_on(const std::stop_token& ended, const std::string& to) const;

  int listening_;
  std::atomic<bool> held_{false};
  std::jthread thread_;
};

// The plugin, and questions to it.
class Metrics {
 public:
  explicit Metrics(const Haproxy& haproxy, Json more = Json::object());
  [[nodiscard]] bool is_healthy(const std::string& check);
  // Records that are known to be lost.
  [[nodiscard]] int lost();
  // For releases 2.0 ("next"), 1.0 ("stable") and 1.0+baseline, in this order.
  metrics::QueryReply ask(Instant from, Instant to, const std::string& id = "");
  metrics::GroupSamples stable(Instant from, Instant to) { return ask(from, to).groups.at(1); }
  Hosted& plugin() { return plugin_; }

 private:
  Hosted plugin_;
  int windows_ = 0;
};

}  // namespace slipway::test
