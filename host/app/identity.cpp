#include "host/app/identity.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "host/api/version.hpp"
#include "host/base/files.hpp"

namespace slipway::app {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != 0 ? std::string(name.data()).substr(0, 63)
                                                                          : std::string("localhost");
}

}  // namespace

StateLock::StateLock(StateLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

StateLock::~StateLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<StateLock> lock_state(const std::filesystem::path& state_directory) {
  const std::filesystem::path file = state_directory / "lock";
  StateLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.descriptor() < 0) return base::file_fault(file, "open", errno);
  if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return base::file_fault(file, "lock", errno);
  return Status(Code::failed_precondition, "another slipwayd works with state_directory " + state_directory.string() +
                                               "; end it, or give this one a directory of its own");
}

Result<rollout::HostIdentity> identify(const config::SiteConfig& site, base::IdSource& ids) {
  const std::filesystem::path file = std::filesystem::path(site.state_directory) / "host-id";
  auto id = base::read_file(file, {.max_bytes = 256, .links = base::Links::refuse});
  if (!id.ok() && id.status().code == Code::not_found) {
    id = ids.next();
    if (const Status written = base::write_private_file(file, *id + "\n"); !written.ok()) return written;
  }
  if (!id.ok()) return id.status();
  id->erase(id->find_last_not_of(" \r\n") + 1);
  if (id->empty())
    return Status(Code::failed_precondition, file.string() + ": holds no id; remove it to get a new one");
  const std::string name = site.host.name.empty() ? machine_name() : site.host.name;
  return rollout::HostIdentity{
      .name = name, .instance = name + "/" + *id, .version = api::kVersion, .address = site.listen};
}

}  // namespace slipway::app
