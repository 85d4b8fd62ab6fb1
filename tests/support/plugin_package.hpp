// Plugin packages made by a test: a fixture library, wrapped as an installed package.
#pragma once

#include <filesystem>
#include <fstream>
#include <slipway/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/base/sha256.hpp"

namespace slipway::test {

// What the package is to say of itself.
struct PackageParts {
  std::string fixture = "sound";  // the library, by the name of its source in tests/fixtures/plugins
  std::string id = "gate-fixture";
  std::string version = "1.0.0";
  std::vector<std::string> interfaces = {"slipway.gate/1"};
  Json more = Json::object();  // fields of plugin.json that replace or join the others
};

// A plugin root in a folder of the test's.
class PluginRoot {
 public:
  explicit PluginRoot(std::filesystem::path root) : root_(std::move(root)) {
    std::filesystem::create_directories(root_);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return root_; }

  // Returns the package's folder, <root>/<id>/<version>.
  std::filesystem::path install(const PackageParts& parts) const {
    const auto folder = root_ / parts.id / parts.version;
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(std::filesystem::path(SLIPWAY_FIXTURES) / (parts.fixture + ".so"),
                               folder / (parts.id + ".so"), std::filesystem::copy_options::overwrite_existing);
    seal(folder, parts);
    return folder;
  }
  // Writes plugin.json anew, with the digests of what lies in the folder now.
  static void seal(const std::filesystem::path& folder, const PackageParts& parts) {
    Json manifest{{"id", parts.id},
                  {"version", parts.version},
                  {"abi", {{"min", "1.0"}, {"max", "1.0"}}},
                  {"library", parts.id + ".so"},
                  {"interfaces", parts.interfaces}};
    manifest["files"] = digests(folder);
    manifest.update(parts.more);
    write(folder / "plugin.json", manifest.dump());
  }
  static void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (!(file << bytes).flush()) throw std::runtime_error("cannot write " + path.string());
  }

 private:
  static Json digests(const std::filesystem::path& folder) {
    Json files = Json::object();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      const auto name = entry.path().lexically_relative(folder).string();
      if (entry.is_regular_file() && name != "plugin.json" && name != "plugin.sig") {
        files[name] = base::sha256_hex_of_file(entry.path()).value();
      }
    }
    return files;
  }

  std::filesystem::path root_;
};

}  // namespace slipway::test
