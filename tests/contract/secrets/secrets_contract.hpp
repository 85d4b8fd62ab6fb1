// What every source of secrets must do. A new one adds itself to plugins.cpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <ostream>
#include <slipway/interfaces/secrets.hpp>
#include <vector>

#include "tests/contract/driver.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {

struct SecretsPlugin {
  std::string name;
  // Starts an instance that holds these secrets and no other; the directory is the test's own.
  std::function<std::unique_ptr<Driver>(const std::filesystem::path& directory,
                                        const std::map<std::string, std::string>& secrets)>
      start;
};
inline void PrintTo(const SecretsPlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<SecretsPlugin> secrets_plugins();

class SecretsContract : public testing::TestWithParam<SecretsPlugin> {
 protected:
  void SetUp() override {
    driver_ = GetParam().start(directory_.path(), {{"DB_PASSWORD", "hunter2"}, {"API_KEY", "k=\"e\"y"}});
  }
  Result<secrets::ResolveReply> resolve(std::vector<std::string> names) {
    return call<secrets::Interface, secrets::Resolve>(*driver_, {"acme", std::move(names)});
  }
  Result<secrets::ListReply> list() { return call<secrets::Interface, secrets::List>(*driver_, {"acme"}); }
  Driver& driver() { return *driver_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Driver> driver_;
};

}  // namespace slipway::test
