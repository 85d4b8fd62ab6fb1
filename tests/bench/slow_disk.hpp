// SQLite on a slower disk: files whose flushes take longer.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "tests/bench/engine_host.hpp"

namespace slipway::bench {

// What a flush takes beyond the disk's own time: of the order of network block storage.
inline constexpr std::chrono::milliseconds kSlowFlush(1);

namespace detail {

using Sync = int (*)(sqlite3_file*, int);

inline sqlite3_vfs* usual_files = nullptr;
inline Sync usual_sync = nullptr;

inline int slow_sync(sqlite3_file* file, int flags) {
  std::this_thread::sleep_for(kSlowFlush);
  return usual_sync(file, flags);
}

// The same but for one: a kind of files has a table of methods, and all kinds flush alike.
inline const sqlite3_io_methods* slowed(const sqlite3_io_methods* usual) {
  static std::mutex mutex;
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods> tables;
  const std::lock_guard lock(mutex);
  const auto [place, is_new] = tables.try_emplace(usual, *usual);
  if (!is_new) return &place->second;
  require(usual_sync == nullptr || usual_sync == usual->xSync, "SQLite flushes its files in more than one way");
  usual_sync = usual->xSync;
  place->second.xSync = slow_sync;
  return &place->second;
}

inline int open_slowly(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened) {
  const int code = usual_files->xOpen(usual_files, name, file, flags, opened);
  if (code == SQLITE_OK) file->pMethods = slowed(file->pMethods);
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
