// What every store must do. A new store adds itself to plugins.cpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <ostream>
#include <slipway/interfaces/storage.hpp>
#include <vector>

#include "tests/contract/driver.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {

struct StoragePlugin {
  std::string name;
  // Starts an instance whose data lies in the directory; starting again there finds it again.
  std::function<std::unique_ptr<Driver>(const std::filesystem::path& directory)> start;
};
inline void PrintTo(const StoragePlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<StoragePlugin> storage_plugins();

class StorageContract : public testing::TestWithParam<StoragePlugin> {
 protected:
  void SetUp() override { start(); }
  void start() { driver_ = GetParam().start(directory_.path()); }
  void restart() {
    driver_.reset();
    start();
  }

  template <class Method>
  Result<typename Method::Reply> ask(const typename Method::Request& request) {
    return call<storage::Interface, Method>(*driver_, request);
  }
  Result<storage::WriteReply> write(const storage::WriteRequest& request) { return ask<storage::Write>(request); }
  // Texts of the records, "-" for one that is not there.
  std::string value_of(const storage::Key& key) {
    const auto reply = ask<storage::Get>({{key}});
    return reply->records.empty() ? "-" : reply->records[0].value;
  }
  Driver& driver() { return *driver_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Driver> driver_;
};

inline storage::Key thing(const std::string& id, const std::string& tenant = "acme") { return {tenant, "thing", id}; }
inline storage::Put put(const std::string& id, const std::string& value, const std::string& tenant = "acme") {
  return {thing(id, tenant), value};
}

}  // namespace slipway::test
