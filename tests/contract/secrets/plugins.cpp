#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "tests/contract/hosted.hpp"
#include "tests/contract/secrets/secrets_contract.hpp"

namespace slipway::test {
namespace {

constexpr const char* kPrefix = "SLIPWAY_CONTRACT_";

std::unique_ptr<Driver> env(const std::filesystem::path&, const std::map<std::string, std::string>& secrets) {
  for (const auto& [name, value] : secrets) ::setenv((kPrefix + name).c_str(), value.c_str(), 1);
  auto driver = std::make_unique<Hosted>("secrets-env", Json{{"prefix", kPrefix}});
  for (const auto& entry : secrets) ::unsetenv((kPrefix + entry.first).c_str());
  return driver;
}

std::unique_ptr<Driver> file(const std::filesystem::path& directory,
                             const std::map<std::string, std::string>& secrets) {
  for (const auto& [name, value] : secrets) {
    std::ofstream(directory / name) << value << '\n';
    ::chmod((directory / name).c_str(), 0600);
  }
  return std::make_unique<Hosted>("secrets-file", Json{{"directory", directory.string()}});
}

}  // namespace

std::vector<SecretsPlugin> secrets_plugins() { return {{"env", env}, {"file", file}}; }

INSTANTIATE_TEST_SUITE_P(Plugins, SecretsContract, testing::ValuesIn(secrets_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
