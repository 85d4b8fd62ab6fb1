#include "host/worker/file_rules.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace slipway::worker {
namespace {

using isolation::Protection;

constexpr const char* kName = "files";
constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
// What the first version of the interface knows, which every kernel with Landlock handles.
constexpr std::uint64_t kFirstRights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
// Newer than the headers that we build with: landlock(7).
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;
constexpr std::uint64_t kScopes = 0b11;  // UNIX sockets without a path, and signals
constexpr int kKnowsTruncate = 3;
constexpr int kKnowsScopes = 6;
constexpr std::uint64_t kWriteFile = kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

Ruleset handled_here() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return {.files = kFirstRights | (version >= kKnowsTruncate ? kTruncate : 0),
          .network = 0,
          .scopes = version >= kKnowsScopes ? kScopes : 0};
}

// The dynamic linker, the C library's tables, and what describes this very process.
constexpr const char* kSystem[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc/self"};

Protection lacking() { return {kName, std::strerror(errno)}; }

bool add(int rules, int file, std::uint64_t access) {
  struct stat info {};
  if (::fstat(file, &info) != 0) return false;
  const bool folder = S_ISDIR(info.st_mode);
  const landlock_path_beneath_attr rule{folder ? access : access & kWriteFile, file};
  return ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

// A path that is not there needs no rule.
bool add(int rules, const char* path, std::uint64_t access) {
  const int file = ::open(path, O_PATH | O_CLOEXEC);
  if (file < 0) return true;
  const bool added = add(rules, file, access);
  ::close(file);
  return added;
}

}  // namespace

Protection confine_files(const std::vector<std::string>& paths, int library) {
  if (std::ranges::find(paths, "*") != paths.end())
    return {kName, "the permission \"files\" is granted for every path"};
  const Ruleset handled = handled_here();
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0));
  if (rules < 0) return lacking();
  // A file in memory lies beneath no path: it needs no rule, and can have none.
  bool good = add(rules, library, kReadFile) || errno == EBADFD;
  for (const char* path : kSystem) good = good && add(rules, path, kRead);
  for (const std::string& path : paths) good = good && add(rules, path.c_str(), handled.files);
  good = good && ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  const Protection protection = good ? Protection{kName, ""} : lacking();
  ::close(rules);
  return protection;
}

}  // namespace slipway::worker
