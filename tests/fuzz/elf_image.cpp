// Shared libraries of any bytes: read or refused, never beyond their end, and what is read keeps its promises.
#include "host/loader/elf_image.hpp"

#include <algorithm>

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto image = loader::read_elf(fuzz::text_of(data, size));
  if (!image.ok()) {
    fuzz::require(!image.status().message.empty(), "a refusal says why");
    return 0;
  }
  fuzz::require(std::is_sorted(image->exports.begin(), image->exports.end()), "exports are sorted");
  fuzz::require(std::includes(image->exports.begin(), image->exports.end(), image->unique.begin(), image->unique.end()),
                "unique symbols are exports");
  const Status status = loader::check_plugin_image(*image);
  fuzz::require(!status.ok() || image->exports.size() == 1, "a plugin exports one symbol");
  return 0;
}
