#include "host/worker/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "host/worker/file_rules.hpp"

namespace slipway::worker {
namespace {

using isolation::Protection;
using isolation::Setup;

// Sanitizers need memory and calls that no plugin does.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::string_view kSanitizer = "the worker was built with a sanitizer";
#else
constexpr std::string_view kSanitizer;
#endif

Protection result(const char* name, bool in_force) {
  return {name, in_force ? std::string() : std::string(std::strerror(errno))};
}

bool write_text(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return whole;
}

// The same user and group as outside, so that the files granted stay reachable, and no other.
bool enter_user_namespace() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", user + " " + user + " 1") &&
         write_text("/proc/self/gid_map", group + " " + group + " 1");
}

// What is open stays open: the library, which only the host's user may open by name, is read into a file of its own.
bool copy_library(int library) {
  const int copy = ::memfd_create("library", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  struct stat info {};
  bool good = copy >= 0 && ::fstat(library, &info) == 0;
  for (off_t at = 0; good && at < info.st_size;)
    good = ::sendfile(copy, library, &at, static_cast<std::size_t>(info.st_size - at)) > 0;
  good = good && ::fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
  good = good && ::dup3(copy, library, 0) == library;
  ::close(copy);
  return good;
}

bool become(std::uint32_t user) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0)
    return false;
  // The kernel has closed /proc/self to us, where the user namespace is described.
  return ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

Protection own_user(const Setup& setup, int library) {
  constexpr const char* kOwnUser = "own-user";
  if (::geteuid() != 0) return {kOwnUser, "the host does not run as root"};
  if (setup.own_user == 0) return {kOwnUser, "the permission \"files\" is granted"};
  return result(kOwnUser, copy_library(library) && become(setup.own_user));
}

void enter_namespaces(const Setup& setup, int library, std::vector<Protection>& list) {
  // Root needs no user namespace to enter the others, and another user may not.
  if (setup.own_user == 0) list.push_back(result("user-namespace", enter_user_namespace()));
  list.push_back(result("ipc-namespace", ::unshare(CLONE_NEWIPC | CLONE_NEWUTS) == 0));
  if (setup.own_network != 0) {
    list.push_back(result("network-namespace", ::unshare(CLONE_NEWNET) == 0));
  } else {
    list.push_back({"network-namespace", "the permission \"network\" is granted for every destination"});
  }
  list.push_back(own_user(setup, library));
  if (setup.own_user != 0) list.push_back(result("user-namespace", enter_user_namespace()));
}

bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

bool limit(__rlimit_resource what, rlim_t value) {
  const rlimit both{value, value};
  return ::setrlimit(what, &both) == 0;
}

// Of a user that has other processes too they would count as well, so there only memory bounds the threads.
Protection limit_all(const Setup& setup, bool user_is_its_own) {
  constexpr rlim_t kThreads = 1024;
  bool all = limit(RLIMIT_CORE, 0);
  if (user_is_its_own && kSanitizer.empty()) all = limit(RLIMIT_NPROC, kThreads) && all;
  if (setup.open_files > 0) all = limit(RLIMIT_NOFILE, setup.open_files) && all;
  if (setup.memory_bytes > 0 && kSanitizer.empty()) all = limit(RLIMIT_DATA, setup.memory_bytes) && all;
  return result("limits", all);
}

Protection filter_calls(const char* name, const std::string& program) {
  if (!kSanitizer.empty()) return {name, std::string(kSanitizer)};
  if (program.empty()) return {name, "the host gave no filter"};
  std::vector<sock_filter> instructions(program.size() / sizeof(sock_filter));
  std::memcpy(instructions.data(), program.data(), instructions.size() * sizeof(sock_filter));
  const sock_fprog filter{static_cast<unsigned short>(instructions.size()), instructions.data()};
  const bool done = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
  return result(name, done);
}

}  // namespace

bool die_with(int parent) { return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent; }

std::vector<Protection> confine(const Setup& setup, int library) {
  // The worker was started with these two.
  std::vector<Protection> list{{"empty-environment", ""}, {"closed-descriptors", ""}};
  enter_namespaces(setup, library, list);
  list.push_back(result("no-new-privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0));
  list.push_back(result("no-capabilities", drop_capabilities()));
  // Anew: the kernel forgets it when the process changes what it may do.
  list.push_back(result("parent-death", ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0));
  const auto is_own_user = [](const Protection& one) { return one.name == "own-user" && one.lacking.empty(); };
  list.push_back(limit_all(setup, std::ranges::any_of(list, is_own_user)));
  list.push_back(confine_files(setup.paths, library));
  const Protection loading = filter_calls("system-calls", setup.filter_while_loading);
  if (!loading.lacking.empty()) list.push_back(loading);
  return list;
}

std::vector<Protection> confine_further(const Setup& setup) {
  std::vector<Protection> list;
  list.push_back(result("not-traceable", ::prctl(PR_SET_DUMPABLE, 0) == 0));
  list.push_back(filter_calls("system-calls", setup.filter));
  return list;
}

}  // namespace slipway::worker
