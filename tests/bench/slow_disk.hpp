// SQLite on a slower disk: files whose flushes take longer.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "tests/bench/engine_host.hpp"

namespace slipway::bench {

// What a flush takes beyond the disk's own time: of the order of network block storage.
inline constexpr std::chrono::milliseconds kSlowFlush(1);

namespace detail {

inline sqlite3_vfs* usual_files = nullptr;
inline const sqlite3_io_methods* usual_methods = nullptr;
inline sqlite3_io_methods slow_methods;

inline int slow_sync(sqlite3_file* file, int flags) {
  std::this_thread::sleep_for(kSlowFlush);
  return usual_methods->xSync(file, flags);
}

// The usual file, with one method of another name.
inline int open_slowly(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened) {
  const int code = usual_files->xOpen(usual_files, name, file, flags, opened);
  if (code != SQLITE_OK) return code;
  if (usual_methods == nullptr) {
    usual_methods = file->pMethods;
    slow_methods = *usual_methods;
    slow_methods.xSync = slow_sync;
  }
  require(file->pMethods == usual_methods, "SQLite has more than one kind of files");
  file->pMethods = &slow_methods;
  return code;
}

}  // namespace detail

// For every database that this process opens from then on.
inline void slow_the_disk() {
  static sqlite3_vfs files = [] {
    detail::usual_files = sqlite3_vfs_find(nullptr);
    sqlite3_vfs slow = *detail::usual_files;
    slow.zName = "slow-flush";
    slow.xOpen = detail::open_slowly;
    return slow;
  }();
  require(sqlite3_vfs_register(&files, 1) == SQLITE_OK, "cannot register the slow disk");
}

}  // namespace slipway::bench
