// slipway-worker as a process: an empty environment, no descriptor but its socket, its library and standard error.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/isolation/launcher.hpp"
#include "host/loader/content_store.hpp"

namespace slipway::isolation {

// The numbers under which a worker finds them.
inline constexpr int kSocketNumber = 3;
inline constexpr int kLibraryNumber = 4;

struct WorkerProgram {
  std::filesystem::path path;          // of slipway-worker
  std::vector<std::string> arguments;  // beside those of every worker
};

// slipway-worker beside the program that runs now.
std::filesystem::path worker_beside_this_program();

// Starts workers for one library. The library is given by its open file, so that no name can lead to another, and is
// hashed again before each start, so that a later life maps what the first one did. Between that and the worker's
// mapping only the host's own user could change it: the store is private to it, and the worker's descriptor can't
// write.
//
// A worker ends with the thread that launched it (PR_SET_PDEATHSIG counts threads), so launch on one that stays.
class WorkerLauncher final : public Launcher {
 public:
  WorkerLauncher(WorkerProgram program, loader::StoredFile library)
      : program_(std::move(program)), library_(std::move(library)) {}

  Result<Launched> launch() override;

 private:
  const WorkerProgram program_;
  const loader::StoredFile library_;
};

}  // namespace slipway::isolation
