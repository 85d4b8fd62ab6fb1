// Shares of the traffic: what is taken is at most all of it, keeps to the pattern that the schemas show, and is written
// as a text that gives the same share.
#include <algorithm>
#include <regex>
#include <slipway/settings.hpp>

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  static const std::regex pattern(Codec<Share>::schema({})["anyOf"][1]["pattern"].get<std::string>());
  const std::string text(fuzz::text_of(data, std::min<std::size_t>(size, 100)));
  const auto share = parse_share(text);
  if (!share.ok()) return 0;
  fuzz::require(share->ppm <= kAllTraffic, "a share is at most everything");
  fuzz::require(std::regex_match(text, pattern), "what is taken is what the schema allows");
  const auto again = parse_share(to_string(*share));
  fuzz::require(again.ok() && *again == *share, "the text of a share gives the share");
  return 0;
}
