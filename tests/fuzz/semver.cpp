// Versions and ranges: two texts, split at the first line end.
#include "host/base/semver.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto text = fuzz::text_of(data, size);
  const auto end = std::min(text.find('\n'), text.size());
  const auto version = base::parse_version(text.substr(0, end));
  const auto range = base::parse_range(text.substr(std::min(end + 1, text.size())));
  if (!version.ok()) return 0;
  fuzz::require(base::to_string(*base::parse_version(base::to_string(*version))) == base::to_string(*version),
                "a version is spelled as it was read");
  const auto exact = base::parse_range("=" + base::to_string(*version));
  fuzz::require(exact.ok() && exact->contains(*version), "the range of one version contains it");
  if (range.ok()) static_cast<void>(range->contains(*version));
  return 0;
}
