// Chooses free TCP ports of the address on which replicas listen. One thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace slipway::local {

struct PortRange {
  std::uint16_t first = 20000;
  std::uint16_t last = 29999;  // below the ports that the kernel gives to outgoing connections
};

class Ports {
 public:
  explicit Ports(PortRange range, std::string address = "127.0.0.1")
      : range_(range), address_(std::move(address)), next_(range.first) {}

  // One that nobody listens on and that is not taken. Throws RESOURCE_EXHAUSTED when there is none.
  std::uint16_t take();
  // Marks one that is known from before.
  void keep(std::uint16_t port) { taken_.insert(port); }
  void give_back(std::uint16_t port) { taken_.erase(port); }

 private:
  PortRange range_;
  std::string address_;
  std::uint16_t next_;
  std::set<std::uint16_t> taken_;
};

}  // namespace slipway::local
