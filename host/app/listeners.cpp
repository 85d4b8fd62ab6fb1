#include "host/app/listeners.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace slipway::app {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;

std::optional<tcp::endpoint> endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, wrong] = std::from_chars(text.data() + colon + 1, last, port);
  std::string host = text.substr(0, colon);
  if (host.empty() || host == "*") host = "0.0.0.0";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (wrong != std::errc() || end != last || port == 0 || error) return std::nullopt;
  return tcp::endpoint(address, port);
}

// Without SO_REUSEPORT: refused as soon as anybody listens, also one that would share.
bool is_taken(const tcp::endpoint& endpoint) {
  asio::io_context context(1);
  tcp::acceptor probe(context);
  boost::system::error_code error;
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  return error == asio::error::address_in_use;
}

// As /proc/net/tcp shows it: words of the machine's byte order in hexadecimal.
template <class Bytes>
std::string shown_as_words(const Bytes& bytes) {
  std::string shown;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    char text[9] = {};
    std::snprintf(text, sizeof text, "%08X", word);
    shown += text;
  }
  return shown;
}

std::string shown_address(const asio::ip::address& address) {
  return address.is_v4() ? shown_as_words(address.to_v4().to_bytes()) : shown_as_words(address.to_v6().to_bytes());
}

bool is_any(std::string_view shown) { return shown.find_first_not_of('0') == shown.npos; }

// Whether a listener at one would get connections to the other. An IPv4 address among IPv6 ones stands at the end.
bool meet(std::string_view wanted, std::string_view shown) {
  return is_any(wanted) || is_any(shown) || shown.ends_with(wanted);
}

// "socket:[<inode>]" of each socket that listens there, as the links of /proc/<pid>/fd read.
std::set<std::string> sockets_at(const tcp::endpoint& endpoint) {
  const std::string wanted = shown_address(endpoint.address());
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
      if (colon == local.npos || std::strtoul(local.c_str() + colon + 1, nullptr, 16) != endpoint.port()) continue;
      if (state == "0A" && meet(wanted, std::string_view(local).substr(0, colon)))
        sockets.insert("socket:[" + inode + "]");
    }
  }
  return sockets;
}

bool has_one_of(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unreadable;
    if (sockets.contains(fs::read_symlink(entry->path(), unreadable).string())) return true;
  }
  return false;
}

Listeners::Process process_at(const fs::path& folder) {
  Listeners::Process process;
  std::ifstream file(folder / "cmdline", std::ios::binary);
  for (std::string argument; std::getline(file, argument, '\0');) process.arguments.push_back(argument);
  const std::string program = process.arguments.empty() ? "" : fs::path(process.arguments[0]).filename().string() + " ";
  process.name = program + "(pid " + folder.filename().string() + ")";
  return process;
}

}  // namespace

std::optional<Listeners> listeners_at(const std::string& address) {
  const auto endpoint = endpoint_of(address);
  if (!endpoint || !is_taken(*endpoint)) return std::nullopt;
  const auto sockets = sockets_at(*endpoint);
  Listeners found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool is_process = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (is_process && has_one_of(entry->path(), sockets)) found.processes.push_back(process_at(entry->path()));
  }
  return found;
}

}  // namespace slipway::app
