#include "tests/contract/hosted.hpp"
#include "tests/contract/storage/storage_contract.hpp"
#include "tests/support/postgres_server.hpp"

namespace slipway::test {
namespace {

std::unique_ptr<Driver> start_sqlite(const std::filesystem::path& directory) {
  return std::make_unique<Hosted>("storage-sqlite", Json{{"path", (directory / "store.db").string()}});
}

// One server for the test's directory, which stays up while the plugin starts again.
std::unique_ptr<Driver> start_postgres(const std::filesystem::path& directory) {
  static std::filesystem::path served;
  static std::unique_ptr<PostgresServer> server;
  if (served != directory) {
    server.reset();
    server = std::make_unique<PostgresServer>();
    served = directory;
  }
  return std::make_unique<Hosted>("storage-postgres", Json{{"connection", server->connection()},
                                                           {"owner_connection", server->connection("slipway_owner")}});
}

}  // namespace

std::vector<StoragePlugin> storage_plugins() { return {{"sqlite", &start_sqlite}, {"postgres", &start_postgres}}; }

INSTANTIATE_TEST_SUITE_P(Plugins, StorageContract, testing::ValuesIn(storage_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
