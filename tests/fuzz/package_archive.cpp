// Packages that travel: of any bytes, nothing is written but below the folder, only files and folders that their owner
// alone may read, and never more than the limits allow.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/loader/archive.hpp"
#include "tests/fuzz/harness.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

namespace fs = std::filesystem;
using slipway::fuzz::require;
constexpr slipway::loader::PackageLimits kLimits{.files = 20, .depth = 4, .bytes = 64 << 10};

void check_tree(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto status = entry.symlink_status();
    require(fs::is_directory(status) || fs::is_regular_file(status), "there are files and folders alone");
    require((status.permissions() & ~fs::perms::owner_all) == fs::perms::none, "they are their owner's");
    if (!fs::is_regular_file(status)) continue;
    bytes += entry.file_size();
    ++files;
  }
  require(bytes <= kLimits.bytes && files <= kLimits.files, "there is no more than allowed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const slipway::test::TemporaryDirectory place;
  const fs::path archive = place.path() / "archive";
  const fs::path folder = place.path() / "folder";
  std::ofstream(archive, std::ios::binary) << slipway::fuzz::text_of(data, size);
  fs::create_directory(folder);
  const auto package = slipway::loader::unpack_package(archive, folder, kLimits);
  if (package.ok()) {
    require(package->string().starts_with(folder.string()), "a package lies in the folder");
    require(fs::exists(*package / "plugin.json"), "a package has its plugin.json");
  } else {
    require(
        package.status().message.starts_with(archive.string()) || package.status().message.starts_with(folder.string()),
        "a refusal names the file");
  }
  require(std::distance(fs::directory_iterator(place.path()), fs::directory_iterator()) == 2,
          "nothing lies beside the folder");
  check_tree(folder);
  fs::remove_all(folder);
  return 0;
}
