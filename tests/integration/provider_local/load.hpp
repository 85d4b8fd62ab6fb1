// Clients that keep their connections and count who answered. Blocking; each Load owns its threads.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace slipway::test {

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
  std::string headers;
};

// One keep-alive connection. Connects again after a failure.
class Client {
 public:
  explicit Client(int port) : port_(port) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();
  HttpAnswer get(const std::string& host, const std::string& headers = "", const std::string& path = "/");
  HttpAnswer post(const std::string& host, const std::string& headers, const std::string& body);
  // The first half of the body, and the rest after the pause.
  HttpAnswer post_slowly(const std::string& host, const std::string& body, std::chrono::milliseconds pause);

 private:
  HttpAnswer exchange(const std::string& request);
  // `answered` becomes true with the first byte.
  HttpAnswer exchange_once(const std::string& request, bool& answered);
  bool connect();
  void close();

  int port_;
  int fd_ = -1;
};

struct Counts {
  std::map<std::string, int> answers;  // body of each 200
  int failures = 0;
  int total() const;
};

// `requests` requests over `clients` connections at once.
Counts ask_many(int port, const std::string& host, int requests, int clients = 8);

// Asks without end until stop().
class Load {
 public:
  Load(int port, std::string host, int clients = 4);
  ~Load() { stop(); }
  Counts stop();
  Counts so_far();
  // Answers with this body since the call of mark().
  void mark();

 private:
  void run();

  int port_;
  std::string host_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  Counts counts_;
  std::vector<std::thread> threads_;
};

}  // namespace slipway::test
