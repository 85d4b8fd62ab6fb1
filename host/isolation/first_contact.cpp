#include "host/isolation/first_contact.hpp"

#include <sstream>
#include <utility>

#include "host/base/files.hpp"

namespace slipway::isolation {

FirstContact::FirstContact(runtime::Runtime& runtime, std::filesystem::path memory, std::string version,
                           IsolationSettings isolation)
    : runtime_(runtime), memory_(std::move(memory)), version_(std::move(version)), isolation_(std::move(isolation)) {
  const auto text = base::read_file(memory_, {.links = base::Links::refuse});
  if (!text.ok()) return;
  std::istringstream lines(*text);
  std::string line;
  // Written by another version: what that one let pass proves nothing.
  if (!std::getline(lines, line) || line != version_) return;
  while (std::getline(lines, line)) passed_.insert(line);
}

Status FirstContact::check(const loader::VerifiedPackage& package) {
  const std::string& digest = package.library.sha256;
  {
    const std::lock_guard lock(mutex_);
    if (passed_.contains(digest)) return {};
  }
  Status status = check_in_worker(runtime_, package, isolation_);
  if (status.ok()) remember(digest);
  return status;
}

void FirstContact::remember(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  passed_.insert(digest);
  std::string text = version_ + "\n";
  for (const std::string& one : passed_) text += one + "\n";
  // Forgotten at the next start when it cannot be written; then the library is looked at again.
  static_cast<void>(base::write_private_file(memory_, text));
}

}  // namespace slipway::isolation
