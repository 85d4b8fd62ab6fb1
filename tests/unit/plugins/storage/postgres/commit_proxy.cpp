#include "tests/unit/plugins/storage/postgres/commit_proxy.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace slipway::test {
namespace {

constexpr int kLook = 20;  // milliseconds

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool readable(int descriptor, int patience) {
  pollfd entry{descriptor, POLLIN, 0};
  return ::poll(&entry, 1, patience) == 1;
}

// What there is; empty at the end of the connection.
std::string received(int descriptor) {
  std::array<char, 65536> buffer{};
  const ssize_t size = ::recv(descriptor, buffer.data(), buffer.size(), 0);
  return size <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

void send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

CommitProxy::CommitProxy(std::uint16_t server)
    : server_(server), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listening_, generic, size) != 0 || ::listen(listening_, 16) != 0 ||
      ::getsockname(listening_, generic, &size) != 0)
    throw std::runtime_error("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

CommitProxy::~CommitProxy() {
  stopping_ = true;
  thread_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listening_);
}

void CommitProxy::serve() {
  while (!stopping_) {
    if (!readable(listening_, kLook)) continue;
    const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) connections_.emplace_back([this, client] { carry(client); });
  }
}

void CommitProxy::carry(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(server_);
  bool open = ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  while (open && !stopping_) {
    std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (silent_) ::poll(nullptr, 0, kLook);
    if (silent_ || ::poll(ends.data(), ends.size(), kLook) <= 0) continue;
    if (ends[1].revents != 0) {
      const std::string bytes = received(server);
      send_all(client, bytes);
      open = !bytes.empty();
    }
    if (ends[0].revents == 0 || !open) continue;
    const std::string bytes = received(client);
    open = !bytes.empty();
    const bool lost = bytes.find("COMMIT") != std::string::npos && left_ > 0;
    if (!lost || loss_ == Loss::after_the_server_did_it) send_all(server, bytes);
    if (!lost) continue;
    if (loss_ == Loss::after_the_server_did_it) readable(server, 5000);
    --left_;
    open = false;
  }
  ::close(server);
  ::close(client);
}

}  // namespace slipway::test
