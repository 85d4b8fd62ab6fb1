// The provider's durable memory: one private JSON file an application, and one for those that were removed. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plugins/providers/local/base/files.hpp"
#include "plugins/providers/local/world/records.hpp"

namespace slipway::local {

// Removed applications whose token is remembered; the oldest are forgotten first.
inline constexpr std::size_t kMostRemoved = 1000;

class World {
 public:
  // Makes the folder. Throws slipway::Error when it can't.
  explicit World(std::filesystem::path folder);

  // Everything that is remembered. A file that can't be read is left alone and named in `problems`.
  std::vector<ApplicationRecord> load(std::vector<std::string>& problems) const;

  void save(const ApplicationRecord& record, Durability durability) const;
  // Forgets all but the fencing token, which keeps out orders of whoever was at work before.
  void erase(const provider::Desired& last) const;
  // An application that is not here: orders of whoever was at work before shall not make it.
  void fence_off(const std::string& tenant, const std::string& application, std::int64_t token) const;
  // The newest token that an application had seen when it was removed; 0 when none is remembered.
  [[nodiscard]] std::int64_t fence_of_removed(const std::string& tenant, const std::string& application) const;

 private:
  [[nodiscard]] Result<RemovedRecords> removed() const;
  [[nodiscard]] std::filesystem::path file_of(const std::string& tenant, const std::string& application) const;

  std::filesystem::path folder_;
};

// ABORTED, naming both values, when the token is smaller than that of `seen`.
Status check_token(const provider::Desired& seen, std::int64_t token);
// The same for an order, which under the token of `seen` may not have a smaller generation either.
Status check_fence(const provider::Desired& seen, const provider::Desired& fresh);

}  // namespace slipway::local
