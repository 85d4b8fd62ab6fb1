// A package as the command line names it: a folder, or an archive that is unpacked for as long as it is looked at.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "host/loader/trust.hpp"

namespace slipway::packages {

class OpenedPackage {
 public:
  // Throws Failure: 404 when nothing is there, 422 for an archive that is refused.
  explicit OpenedPackage(const std::string& path);
  ~OpenedPackage();
  OpenedPackage(const OpenedPackage&) = delete;
  OpenedPackage& operator=(const OpenedPackage&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] bool is_archive() const { return !temporary_.empty(); }

 private:
  std::filesystem::path temporary_;  // empty for a folder
  std::filesystem::path folder_;
};

// A folder of this process's own; throws Failure when there can be none. The caller removes it.
std::filesystem::path make_temporary_folder();

// The policy of a site configuration, with the variables of the environment; the defaults when `file` is empty. Throws
// Failure with every fault.
std::shared_ptr<const loader::TrustPolicy> policy_of(const std::string& file);

}  // namespace slipway::packages
