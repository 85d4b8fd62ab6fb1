#include "tests/contract/hosted.hpp"
#include "tests/contract/storage/storage_contract.hpp"

namespace slipway::test {

std::vector<StoragePlugin> storage_plugins() {
  return {{"sqlite", [](const std::filesystem::path& directory) -> std::unique_ptr<Driver> {
             return std::make_unique<Hosted>("storage-sqlite", Json{{"path", (directory / "store.db").string()}});
           }}};
}

INSTANTIATE_TEST_SUITE_P(Plugins, StorageContract, testing::ValuesIn(storage_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
