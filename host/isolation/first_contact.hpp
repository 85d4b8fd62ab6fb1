// The first run of a library's code, in a worker that is thrown away, before it may come into the host's process.
#pragma once

#include <filesystem>
#include <mutex>
#include <set>
#include <slipway/status.hpp>
#include <string>

#include "host/isolation/isolated_instance.hpp"

namespace slipway::isolation {

// Remembers by their digest, across starts, which libraries have passed with this version of the host: their bytes are
// the same and would pass again. Thread-safe. The runtime outlives it.
class FirstContact {
 public:
  // `memory` is a file of the host's own; it may be missing. `version` names the host.
  FirstContact(runtime::Runtime& runtime, std::filesystem::path memory, std::string version,
               IsolationSettings isolation = {});

  // The reason not to map the library: what it would have been refused for in the host, or how the worker ended.
  // Blocks.
  Status check(const loader::VerifiedPackage& package);

 private:
  void remember(const std::string& digest);

  runtime::Runtime& runtime_;
  const std::filesystem::path memory_;
  const std::string version_;
  const IsolationSettings isolation_;
  std::mutex mutex_;
  std::set<std::string> passed_;
};

}  // namespace slipway::isolation
