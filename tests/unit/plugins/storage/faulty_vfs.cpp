#include "tests/unit/plugins/storage/faulty_vfs.hpp"

#include <sqlite3.h>

#include <new>

namespace slipway::test {
namespace {

// SQLite allocates this, with room for the real layer's file right behind it.
struct File {
  sqlite3_file base;
  sqlite3_file* real;
};

File& ours(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return ours(file).real; }
const sqlite3_io_methods& methods(sqlite3_file* file) { return *real(file)->pMethods; }

int next_operation() {
  DiskFaults& faults = disk_faults();
  const std::int64_t number = ++faults.operations;
  return number >= faults.first_failing && number <= faults.last_failing ? faults.code.load() : SQLITE_OK;
}

int close(sqlite3_file* f) { return methods(f).xClose(real(f)); }
int read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) { return methods(f).xRead(real(f), to, size, at); }
int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  const int fault = next_operation();
  return fault == SQLITE_OK ? methods(f).xWrite(real(f), from, size, at) : fault;
}
int truncate(sqlite3_file* f, sqlite3_int64 size) {
  const int fault = next_operation();
  return fault == SQLITE_OK ? methods(f).xTruncate(real(f), size) : fault;
}
int sync(sqlite3_file* f, int flags) {
  const int fault = next_operation();
  if (fault != SQLITE_OK) return fault;
  ++disk_faults().synchronisations;
  return methods(f).xSync(real(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) { return methods(f).xFileSize(real(f), size); }
int lock(sqlite3_file* f, int kind) { return methods(f).xLock(real(f), kind); }
int unlock(sqlite3_file* f, int kind) { return methods(f).xUnlock(real(f), kind); }
int check_lock(sqlite3_file* f, int* held) { return methods(f).xCheckReservedLock(real(f), held); }
int control(sqlite3_file* f, int operation, void* argument) {
  return methods(f).xFileControl(real(f), operation, argument);
}
int sector_size(sqlite3_file* f) { return methods(f).xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) { return methods(f).xDeviceCharacteristics(real(f)); }
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** to) {
  return methods(f).xShmMap(real(f), page, size, extend, to);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) { return methods(f).xShmLock(real(f), offset, n, flags); }
void shm_barrier(sqlite3_file* f) { methods(f).xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file* f, int remove) { return methods(f).xShmUnmap(real(f), remove); }

const sqlite3_io_methods kMethods{
    2,         close,      read,    write,       truncate,        sync,    file_size, lock,
    unlock,    check_lock, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,    nullptr};

sqlite3_vfs* system_layer() { return sqlite3_vfs_find(nullptr); }

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* made = new (file) File{};
  made->real = reinterpret_cast<sqlite3_file*>(made + 1);
  const int code = system_layer()->xOpen(system_layer(), name, made->real, flags, out_flags);
  if (code == SQLITE_OK) made->base.pMethods = &kMethods;
  return code;
}

sqlite3_vfs make_layer() {
  sqlite3_vfs layer = *system_layer();
  layer.zName = "slipway-faulty";
  layer.szOsFile = static_cast<int>(sizeof(File)) + system_layer()->szOsFile;
  layer.xOpen = open;
  return layer;
}

}  // namespace

DiskFaults& disk_faults() {
  static DiskFaults faults;
  return faults;
}

const char* faulty_vfs() {
  static sqlite3_vfs layer = make_layer();
  sqlite3_vfs_register(&layer, 0);
  DiskFaults& faults = disk_faults();
  faults.operations = 0;
  faults.synchronisations = 0;
  faults.first_failing = DiskFaults::kNever;
  faults.last_failing = DiskFaults::kNever;
  return layer.zName;
}

}  // namespace slipway::test
