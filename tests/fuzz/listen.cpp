// Where the host listens: what is taken is a loopback address, and has one spelling.
#include "host/config/site_config.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto endpoint = config::parse_listen(fuzz::text_of(data, size));
  if (!endpoint.ok()) return 0;
  const bool six = endpoint->address.find(':') != std::string::npos;
  fuzz::require(six || endpoint->address.starts_with("127."), "a loopback address");
  const std::string host = six ? "[" + endpoint->address + "]" : endpoint->address;
  const auto again = config::parse_listen(host + ":" + std::to_string(endpoint->port));
  fuzz::require(again.ok() && *again == *endpoint, "the text of an endpoint gives the endpoint");
  return 0;
}
