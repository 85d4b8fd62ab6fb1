#include "tests/integration/metrics_prometheus/http.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace slipway::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void put(int fd, const std::string& text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

std::string read_all(int fd) {
  std::string text;
  char bytes[16'384];
  ssize_t count = 0;
  while ((count = ::recv(fd, bytes, sizeof bytes, 0)) > 0) text.append(bytes, static_cast<std::size_t>(count));
  return text;
}

// The data of a chunked body.
std::string unchunked(std::string_view body) {
  std::string text;
  while (!body.empty()) {
    const std::size_t size = std::stoul(std::string(body.substr(0, body.find("\r\n"))), nullptr, 16);
    if (size == 0) break;
    body.remove_prefix(body.find("\r\n") + 2);
    text += body.substr(0, size);
    body.remove_prefix(size + 2);
  }
  return text;
}

}  // namespace

Target::Target(std::function<std::string()> text, std::string type)
    : text_(std::move(text)), type_(std::move(type)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd_, generic, size) != 0 || ::listen(fd_, 16) != 0 || ::getsockname(fd_, generic, &size) != 0)
    throw std::runtime_error("no port for the target");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Target::~Target() {
  stop_ = true;
  thread_.join();
  ::close(fd_);
}

void Target::serve() {
  while (!stop_) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    char bytes[4096];
    if (::recv(peer, bytes, sizeof bytes, 0) > 0) {
      const std::string body = text_();
      put(peer, "HTTP/1.1 200 OK\r\ncontent-type: " + type_ +
                    "\r\nconnection: close\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    ::close(peer);
  }
}

Result<services::HttpReply> send_http(const services::HttpRequest& request) {
  const std::string rest = request.url.substr(std::string("http://127.0.0.1:").size());
  const auto slash = rest.find('/');
  const sockaddr_in address = loopback(static_cast<std::uint16_t>(std::stoi(rest.substr(0, slash))));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return Status(Code::unavailable, "connection refused");
  }
  std::string head =
      request.method + " " + rest.substr(slash) + " HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
  for (const auto& [name, value] : request.headers) head += name + ": " + value + "\r\n";
  put(fd, head + "content-length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body);
  const std::string text = read_all(fd);
  ::close(fd);
  const auto end = text.find("\r\n\r\n");
  if (end == text.npos) return Status(Code::unavailable, "no answer");
  const std::string body = text.substr(end + 4);
  const bool chunked = text.substr(0, end).find("chunked") != text.npos;
  return services::HttpReply{.status = std::stoi(text.substr(9, 3)), .body = chunked ? unchunked(body) : body};
}

}  // namespace slipway::test
