// Addresses of replicas, as a provider reports them: what is taken is a host and the number of a port.
#include "plugins/metrics/probe/worker.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto address = probe::parse_address(fuzz::text_of(data, size));
  if (!address.ok()) {
    fuzz::require(address.status().message.starts_with("the address \""), "a refusal names the address");
    return 0;
  }
  fuzz::require(!address->host.empty() && address->host.find_first_of("[] \n") == std::string::npos,
                "a host is a name");
  const int port = std::stoi(address->port);
  fuzz::require(port > 0 && port <= 65'535, "a port is one that can be connected to");
  return 0;
}
