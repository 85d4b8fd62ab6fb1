#include "tests/unit/host/api/fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace slipway::api::test {
namespace {

// A blocking client socket whose every wait ends after 5 s.
class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }

  void send(std::string_view bytes) const {
    while (connected_ && !bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Whether more came.
  bool receive(std::string& text) const {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

 private:
  int fd_;
  bool connected_ = false;
};

HttpAnswer parse(const std::string& text) {
  HttpAnswer answer;
  const auto end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return answer;
  answer.status = std::stoi(text.substr(9, 3));
  std::istringstream head(text.substr(0, end));
  std::string line;
  std::getline(head, line);
  while (std::getline(head, line)) {
    const auto colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string value = line.substr(colon + 2);
    value.erase(value.find_last_not_of('\r') + 1);
    answer.headers[name] = value;
  }
  answer.body = text.substr(end + 4);
  return answer;
}

}  // namespace

HttpAnswer exchange(std::uint16_t port, const std::string& raw) {
  const Socket socket(port);
  socket.send(raw);
  std::string text;
  while (socket.receive(text)) {
  }
  return parse(text);
}

std::string read_until(std::uint16_t port, const std::string& raw, const std::string& wanted) {
  const Socket socket(port);
  socket.send(raw);
  std::string text;
  while (text.find(wanted) == std::string::npos && socket.receive(text)) {
  }
  return text;
}

std::string request_text(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& headers) {
  std::string text = method + " " + target +
                     " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + kToken + "\r\n" +
                     headers;
  if (!body.empty())
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

ApiFixture::ApiFixture(const ServerSettings& settings)
    : server(context, settings, [this](Request request) { return api.handle(std::move(request)); }) {
  const Status started = server.start();
  EXPECT_TRUE(started.ok()) << to_string(started);
  for (int i = 0; i < 2; ++i) threads.emplace_back([this] { context.run(); });
}

ApiFixture::~ApiFixture() {
  control.blocking = false;
  server.close();
  server.abort();
  context.stop();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace slipway::api::test
