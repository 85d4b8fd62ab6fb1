#include "plugins/providers/local/edge/port.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/base/unique_fd.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;

struct Place {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string shown;  // the address as /proc/net/tcp shows it: words of the machine's byte order in hexadecimal
  std::uint16_t port = 0;
};

template <class Address, class Number>
Place placed(const Address& address, const Number& number, std::uint16_t port) {
  Place place{.size = sizeof address, .port = port};
  std::memcpy(&place.address, &address, sizeof address);
  std::array<std::uint32_t, sizeof number / 4> words{};
  std::memcpy(words.data(), &number, sizeof number);
  for (const std::uint32_t word : words) {
    char text[9] = {};
    std::snprintf(text, sizeof text, "%08X", word);
    place.shown += text;
  }
  return place;
}

bool is_any(std::string_view shown) { return shown.find_first_not_of('0') == shown.npos; }

// Whether a listener there would get connections of the place. An IPv4 address among IPv6 ones stands at the end.
bool meets(const Place& place, std::string_view shown) {
  return is_any(place.shown) || is_any(shown) || shown.ends_with(place.shown);
}

std::optional<Place> parse_bind(const std::string& bind) {
  const auto colon = bind.rfind(':');
  std::uint16_t port = 0;
  if (colon == bind.npos) return std::nullopt;
  const auto [end, error] = std::from_chars(bind.data() + colon + 1, bind.data() + bind.size(), port);
  if (error != std::errc() || end != bind.data() + bind.size() || port == 0) return std::nullopt;
  std::string host = bind.substr(0, colon);
  if (host.empty() || host == "*") host = "0.0.0.0";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  sockaddr_in four{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) return placed(four, four.sin_addr, port);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) return placed(six, six.sin6_addr, port);
  return std::nullopt;
}

// Without SO_REUSEPORT: refused as soon as anybody listens.
bool taken(const Place& place) {
  const UniqueFd probe(::socket(place.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage address = place.address;
  return ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), place.size) != 0 && errno == EADDRINUSE;
}

// "socket:[<inode>]" of each socket that listens there, as the links of /proc/<pid>/fd read.
std::set<std::string> listening_sockets(const Place& place) {
  std::set<std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
      fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
      const auto colon = local.rfind(':');
      if (colon == local.npos || std::strtoul(local.c_str() + colon + 1, nullptr, 16) != place.port) continue;
      if (state == "0A" && meets(place, std::string_view(local).substr(0, colon)))
        sockets.insert("socket:[" + inode + "]");
    }
  }
  return sockets;
}

bool holds(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unreadable;
    if (sockets.contains(fs::read_symlink(entry->path(), unreadable).string())) return true;
  }
  return false;
}

std::vector<std::string> arguments_of(const fs::path& process) {
  std::ifstream file(process / "cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

// Processes that hold one of the sockets, as far as they may be looked at.
std::vector<fs::path> holders(const Place& place) {
  const auto sockets = listening_sockets(place);
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool process = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (process && holds(entry->path(), sockets)) found.push_back(entry->path());
  }
  return found;
}

std::string described(const fs::path& process, const std::vector<std::string>& arguments) {
  return fs::path(arguments.front()).filename().string() + " (pid " + process.filename().string() + ")";
}

}  // namespace

void check_port_is_ours(const std::string& bind, const std::string& config) {
  const auto place = parse_bind(bind);
  if (!place || !taken(*place)) return;
  std::string others;
  bool ours = false;
  for (const fs::path& process : holders(*place)) {
    const auto arguments = arguments_of(process);
    // One without arguments is ending: its memory goes before its files.
    if (arguments.empty() || std::ranges::find(arguments, config) != arguments.end())
      ours = true;
    else
      others += (others.empty() ? "" : ", ") + described(process, arguments);
  }
  if (others.empty() && ours) return;
  if (others.empty()) others = "a process of another user";
  throw Error(Code::failed_precondition, "haproxy.bind " + bind + ": " + others +
                                             " listens there already; end it, or set haproxy.bind to another port");
}

}  // namespace slipway::local
