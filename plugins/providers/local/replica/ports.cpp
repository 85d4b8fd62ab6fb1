#include "plugins/providers/local/replica/ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <slipway/status.hpp>
#include <string>

#include "plugins/providers/local/base/unique_fd.hpp"

namespace slipway::local {
namespace {

bool is_free(const std::string& at, std::uint16_t port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  // Without it a port that a replica has just left would look taken for a minute.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, at.c_str(), &address.sin_addr);
  sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
  return fd.valid() && ::bind(fd.get(), generic, sizeof address) == 0 && ::listen(fd.get(), 1) == 0;
}

}  // namespace

std::uint16_t Ports::take() {
  const int count = range_.last - range_.first + 1;
  for (int i = 0; i < count; ++i) {
    const std::uint16_t port = next_;
    next_ = port == range_.last ? range_.first : static_cast<std::uint16_t>(port + 1);
    if (!taken_.contains(port) && is_free(address_, port)) {
      taken_.insert(port);
      return port;
    }
  }
  throw Error(Code::resource_exhausted, "no port from " + std::to_string(range_.first) + " to " +
                                            std::to_string(range_.last) + " is free; widen \"ports\"");
}

}  // namespace slipway::local
