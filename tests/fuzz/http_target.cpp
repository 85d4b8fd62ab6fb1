// URLs that plugins ask for: what is taken has a host, a path, and is shown without what may be a secret.
#include "host/services/http_target.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto target = services::parse_target(std::string(fuzz::text_of(data, size)));
  if (!target.ok()) return 0;
  fuzz::require(!target->origin.host.empty() && !target->origin.port.empty(), "a target has host and port");
  fuzz::require(target->path.starts_with('/'), "its path begins with /");
  fuzz::require(target->path.find_first_of("\r\n ") == std::string::npos, "its path is one word of the request line");
  fuzz::require(target->authority.find_first_of("\r\n ") == std::string::npos,
                "its authority is one word of the field");
  fuzz::require(target->shown.find_first_of("?#") == std::string::npos, "it is shown without query and fragment");
  return 0;
}
