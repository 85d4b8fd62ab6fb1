// Archives of any bytes: nothing is written but below the folder, and never more than the limits allow.
#include <filesystem>
#include <fstream>
#include <slipway/status.hpp>

#include "plugins/providers/local/artefact/unpack.hpp"
#include "tests/fuzz/harness.hpp"
#include "tests/support/temporary_directory.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  namespace fs = std::filesystem;
  static const test::TemporaryDirectory place;
  const fs::path archive = place.path() / "archive";
  const fs::path folder = place.path() / "folder";
  std::ofstream(archive, std::ios::binary) << fuzz::text_of(data, size);
  try {
    local::unpack(archive, folder, {.bytes = 64 << 10, .entries = 50});
  } catch (const Error& refused) {
    // What had been unpacked before may lie in the folder.
    fuzz::require(!refused.status().message.empty(), "a refusal says why");
  }
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(place.path())) {
    const bool ours = entry.path() == archive || entry.path().string().starts_with(folder.string());
    fuzz::require(ours, "nothing lies beside the folder");
    if (entry.path() != archive && entry.is_regular_file()) bytes += entry.file_size();
    if (entry.is_symlink()) continue;
    fuzz::require((entry.status().permissions() & (fs::perms::set_uid | fs::perms::set_gid)) == fs::perms::none,
                  "no set-id bits");
  }
  fuzz::require(bytes <= 64 << 10, "no more bytes than allowed");
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return 0;
}
