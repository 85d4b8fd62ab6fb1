#include "tests/integration/provider_local/load.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace slipway::test {

Client::~Client() { close(); }

void Client::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Client::connect() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::connect(fd_, generic, sizeof address) == 0) return true;
  close();
  return false;
}

HttpAnswer Client::get(const std::string& host, const std::string& headers, const std::string& path) {
  return exchange("GET " + path + " HTTP/1.1\r\nhost: " + host + "\r\n" + headers + "\r\n");
}

HttpAnswer Client::post(const std::string& host, const std::string& headers, const std::string& body) {
  return exchange("POST / HTTP/1.1\r\nhost: " + host + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" +
                  headers + "\r\n" + body);
}

HttpAnswer Client::post_slowly(const std::string& host, const std::string& body, std::chrono::milliseconds pause) {
  if (fd_ < 0 && !connect()) return {};
  const std::size_t half = body.size() / 2;
  const std::string start = "POST / HTTP/1.1\r\nhost: " + host + "\r\ncontent-length: " + std::to_string(body.size()) +
                            "\r\n\r\n" + body.substr(0, half);
  if (::send(fd_, start.data(), start.size(), MSG_NOSIGNAL) < 0) return close(), HttpAnswer{};
  std::this_thread::sleep_for(pause);
  bool answered = false;
  return exchange_once(body.substr(half), answered);
}

// A server may close a connection that it holds open just as the next request is on its way; a client then asks again
// on a new one (RFC 9112, 9.3.1 and 9.6), as browsers do.
HttpAnswer Client::exchange(const std::string& request) {
  const bool reused = fd_ >= 0;
  bool answered = false;
  HttpAnswer answer = exchange_once(request, answered);
  return reused && !answered ? exchange_once(request, answered) : answer;
}

HttpAnswer Client::exchange_once(const std::string& request, bool& answered) {
  if (fd_ < 0 && !connect()) return {};
  if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return close(), HttpAnswer{};
  std::string text;
  char buffer[8192];
  for (;;) {
    if (const auto end = text.find("\r\n\r\n"); end != text.npos) {
      HttpAnswer answer{std::atoi(text.c_str() + 9), text.substr(end + 4), text.substr(0, end)};
      const auto at = text.find("content-length: ");
      const auto size = at < end ? static_cast<std::size_t>(std::atoi(text.c_str() + at + 16)) : 0;
      if (answer.body.size() >= size) {
        if (answer.headers.find("connection: close") != std::string::npos) close();
        return answer;
      }
    }
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return close(), HttpAnswer{};
    answered = true;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

int Counts::total() const {
  return std::accumulate(answers.begin(), answers.end(), failures,
                         [](int sum, const auto& entry) { return sum + entry.second; });
}

namespace {

void add(Counts& counts, const HttpAnswer& answer) {
  if (answer.status == 200)
    ++counts.answers[answer.body];
  else
    ++counts.failures, ++counts.answers["failed with " + std::to_string(answer.status)];
}

}  // namespace

Counts ask_many(int port, const std::string& host, int requests, int clients) {
  std::mutex mutex;
  Counts sum;
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      Client client(port);
      Counts own;
      for (int n = 0; n < requests / clients; ++n) add(own, client.get(host));
      const std::lock_guard lock(mutex);
      for (const auto& [body, count] : own.answers) sum.answers[body] += count;
      sum.failures += own.failures;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return sum;
}

Load::Load(int port, std::string host, int clients) : port_(port), host_(std::move(host)) {
  for (int i = 0; i < clients; ++i) threads_.emplace_back([this] { run(); });
}

void Load::run() {
  Client client(port_);
  while (!stopping_) {
    const HttpAnswer answer = client.get(host_);
    const std::lock_guard lock(mutex_);
    add(counts_, answer);
  }
}

void Load::mark() {
  const std::lock_guard lock(mutex_);
  counts_ = {};
}

Counts Load::so_far() {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Counts Load::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return so_far();
}

}  // namespace slipway::test
