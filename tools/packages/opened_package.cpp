#include "tools/packages/opened_package.hpp"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "host/config/site_config.hpp"
#include "host/config/variables.hpp"
#include "host/loader/archive.hpp"
#include "host/loader/key_files.hpp"
#include "host/loader/trust_settings.hpp"
#include "tools/cli/exit.hpp"

namespace slipway::packages {

namespace fs = std::filesystem;
using cli::Failure;

fs::path make_temporary_folder() {
  std::string name = (fs::temp_directory_path() / "slipway-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Failure(0, "can't make a temporary folder " + name);
  return name;
}

OpenedPackage::OpenedPackage(const std::string& path) {
  std::error_code error;
  const auto there = fs::status(path, error);
  if (!fs::exists(there)) throw Failure(404, path + ": there is no such package");
  if (fs::is_directory(there)) {
    folder_ = path;
    return;
  }
  temporary_ = make_temporary_folder();
  auto folder = loader::unpack_package(path, temporary_);
  if (folder.ok()) {
    folder_ = *folder;
    return;
  }
  fs::remove_all(temporary_, error);
  throw Failure(422, folder.status().message);
}

OpenedPackage::~OpenedPackage() {
  std::error_code ignored;
  if (is_archive()) fs::remove_all(temporary_, ignored);
}

std::shared_ptr<const loader::TrustPolicy> policy_of(const std::string& file) {
  const auto variables = config::environment_variables();
  config::SiteConfig site;
  if (!file.empty()) {
    auto loaded = config::load_site_config({{}, file, "", variables});
    if (!loaded.config) throw Failure(422, config::to_string(loaded.faults));
    site = std::move(*loaded.config);
  }
  auto trust = loader::load_trust(site, loader::key_directory(variables));
  std::string faults;
  for (const Problem& problem : trust.problems)
    faults += (faults.empty() ? "" : "\n") + config::to_string(config::Fault{{file, 0}, problem});
  if (!trust.policy) throw Failure(422, faults);
  return trust.policy;
}

}  // namespace slipway::packages
