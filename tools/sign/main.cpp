// slipway-sign: signs package folders with the local key, which it makes at its first use. For the build; people use
// `slipway plugin sign`.
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "host/base/files.hpp"
#include "host/loader/key_files.hpp"
#include "host/loader/sign_package.hpp"

namespace slipway::sign {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

std::map<std::string, std::string> variables() {
  std::map<std::string, std::string> found;
  for (const char* name : {"SLIPWAY_KEY_DIRECTORY", "XDG_CONFIG_HOME", "HOME"}) {
    if (const char* value = std::getenv(name)) found[name] = value;
  }
  return found;
}

int tell(const Status& status) {
  if (status.ok()) return 0;
  std::cerr << "slipway-sign: " << status.message << "\n";
  return kFailed;
}

// Left alone when it holds the key already, so that nothing is built anew because of it.
Status write_public_key(const std::string& file, const loader::PrivateKey& key) {
  const std::string text = to_string(key.public_key()) + "\n";
  const auto there = base::read_file(file);
  if (there.ok() && *there == text) return {};
  return base::write_private_file(file, text);
}

int run(const std::vector<std::string>& words) {
  const bool public_key = words.size() == 2 && words[0] == "--public-key";
  if (words.empty() || (!public_key && words[0].starts_with("-"))) {
    std::cerr << "usage: slipway-sign PACKAGE...\n"
                 "       slipway-sign --public-key FILE   writes the public half of the local key\n";
    return kUsage;
  }
  const auto key = loader::local_key(loader::key_directory(variables()));
  if (!key.ok()) return tell(key.status());
  if (public_key) return tell(write_public_key(words[1], *key));
  for (const std::string& folder : words) {
    if (const int failed = tell(loader::sign_package(folder, *key).status()); failed != 0) return failed;
  }
  return 0;
}

}  // namespace
}  // namespace slipway::sign

int main(int argc, char** argv) {
  try {
    return slipway::sign::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "slipway-sign: " << error.what() << "\n";
    return slipway::sign::kFailed;
  }
}
