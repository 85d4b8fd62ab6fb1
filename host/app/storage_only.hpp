// The store of a profile without the rest of a host: for the commands `slipway storage`.
#pragma once

#include <memory>
#include <slipway/interfaces/backup.hpp>
#include <slipway/status.hpp>
#include <string>

#include "host/app/configuration.hpp"
#include "host/base/clock.hpp"

namespace slipway::app {

// Runs the instance bound as "storage", checked and placed as a host would, and those that it needs. One thread; each
// call waits for its end.
class StorageOnly {
 public:
  // The clock outlives it. Its faults, like those of the calls, are about the store and for people.
  static Result<std::unique_ptr<StorageOnly>> open(const Configuration& configuration, backup::Purpose purpose,
                                                   const base::Clock& clock);
  StorageOnly(const StorageOnly&) = delete;
  StorageOnly& operator=(const StorageOnly&) = delete;
  ~StorageOnly();

  Result<backup::DescribeReply> describe();
  Result<backup::ExportReply> export_page(std::int64_t page);
  Result<backup::ImportReply> import_page(backup::ImportRequest request);

  // "storage-sqlite 0.1.0"
  [[nodiscard]] const std::string& plugin() const { return plugin_; }

 private:
  struct Parts;
  StorageOnly();
  Status start(const Configuration& configuration, backup::Purpose purpose, const base::Clock& clock);

  std::string plugin_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace slipway::app
