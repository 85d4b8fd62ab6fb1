// Which host this is among those of its store.
#pragma once

#include <filesystem>
#include <slipway/status.hpp>
#include <string>

#include "host/base/ids.hpp"
#include "host/config/site_config.hpp"
#include "host/rollout/settings.hpp"

namespace slipway::app {

// Held for as long as the process lives, so that no two of them are the same host.
class StateLock {
 public:
  explicit StateLock(int descriptor) : descriptor_(descriptor) {}
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// FAILED_PRECONDITION when another slipwayd works with this state directory.
Result<StateLock> lock_state(const std::filesystem::path& state_directory);

// The name from the configuration, else the machine's; and an id that is made at the first start and kept in the state
// directory, so that a host finds its lease again after a restart, and two hosts of one name don't take each other's.
Result<rollout::HostIdentity> identify(const config::SiteConfig& site, base::IdSource& ids);

}  // namespace slipway::app
