#include "host/isolation/system_calls.hpp"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <utility>

#include "host/loader/descriptor.hpp"

namespace slipway::isolation {
namespace {

// What every program needs: memory, threads, time, and the descriptors that it has.
constexpr const char* kAlways[] = {"read",
                                   "write",
                                   "readv",
                                   "writev",
                                   "pread64",
                                   "pwrite64",
                                   "preadv",
                                   "pwritev",
                                   "close",
                                   "close_range",
                                   "fstat",
                                   "newfstatat",
                                   "stat",
                                   "lstat",
                                   "statx",
                                   "lseek",
                                   "dup",
                                   "dup2",
                                   "dup3",
                                   "access",
                                   "faccessat",
                                   "faccessat2",
                                   "readlink",
                                   "readlinkat",
                                   "getcwd",
                                   "munmap",
                                   "mremap",
                                   "brk",
                                   "madvise",
                                   "mincore",
                                   "membarrier",
                                   "rt_sigaction",
                                   "rt_sigprocmask",
                                   "rt_sigreturn",
                                   "rt_sigtimedwait",
                                   "sigaltstack",
                                   "restart_syscall",
                                   "futex",
                                   "futex_waitv",
                                   "set_robust_list",
                                   "get_robust_list",
                                   "rseq",
                                   "set_tid_address",
                                   "sched_yield",
                                   "sched_getaffinity",
                                   "sched_getparam",
                                   "sched_getscheduler",
                                   "sched_get_priority_max",
                                   "sched_get_priority_min",
                                   "getcpu",
                                   "exit",
                                   "exit_group",
                                   "getpid",
                                   "gettid",
                                   "getppid",
                                   "getuid",
                                   "geteuid",
                                   "getgid",
                                   "getegid",
                                   "uname",
                                   "sysinfo",
                                   "getrlimit",
                                   "getrusage",
                                   "times",
                                   "getrandom",
                                   "time",
                                   "gettimeofday",
                                   "clock_gettime",
                                   "clock_getres",
                                   "clock_nanosleep",
                                   "nanosleep",
                                   "timerfd_create",
                                   "timerfd_settime",
                                   "timerfd_gettime",
                                   "poll",
                                   "ppoll",
                                   "select",
                                   "pselect6",
                                   "epoll_create1",
                                   "epoll_ctl",
                                   "epoll_wait",
                                   "epoll_pwait",
                                   "epoll_pwait2",
                                   "eventfd2",
                                   "pipe",
                                   "pipe2",
                                   "sendto",
                                   "recvfrom",
                                   "sendmsg",
                                   "recvmsg",
                                   "sendmmsg",
                                   "recvmmsg",
                                   "shutdown",
                                   "getsockopt",
                                   "setsockopt",
                                   "getsockname",
                                   "getpeername"};

constexpr const char* kSockets[] = {"connect", "bind", "listen", "accept", "accept4"};

// Landlock looks at each of these, or they work on what is open already.
constexpr const char* kFiles[] = {
    "creat",     "getdents64", "unlink", "unlinkat",  "rename", "renameat",        "renameat2",
    "mkdir",     "mkdirat",    "rmdir",  "ftruncate", "fsync",  "fdatasync",       "flock",
    "fallocate", "fadvise64",  "statfs", "fstatfs",   "umask",  "sync_file_range", "copy_file_range"};

// These it lets pass, or did so on kernels in use.
constexpr const char* kEveryFile[] = {"open", "openat", "truncate", "chmod", "fchmod", "fchmodat", "utimensat"};

// Not those that name who gets a signal, or which, nor leases and the watching of folders, which send some too.
constexpr std::uint64_t kDescriptorCommands[] = {F_DUPFD,     F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,
                                                 F_GETFL,     F_GETLK,         F_SETLK,     F_SETLKW,
                                                 F_OFD_GETLK, F_OFD_SETLK,     F_OFD_SETLKW};

constexpr std::uint64_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
// Of a mode: what lets others write, or gives whoever runs the file its owner's rights.
constexpr std::uint64_t kForOthers = S_IWGRP | S_IWOTH | S_ISUID | S_ISGID | S_ISVTX;
// Socket types with their flags taken away.
constexpr std::uint64_t kTypeMask = 0xf;

class Filter {
 public:
  using When = std::initializer_list<scmp_arg_cmp>;
  // May be empty: only people want to hear of the rules.
  using OnRule = std::function<void(std::uint32_t action, const char* name, When when)>;

  explicit Filter(OnRule on_rule = {})
      : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release), on_rule_(std::move(on_rule)) {}

  void allow(const char* name, When when = {}) { answer(SCMP_ACT_ALLOW, name, when); }
  void answer(std::uint32_t action, const char* name, When when = {}) {
    if (on_rule_) on_rule_(action, name, when);
    const int number = seccomp_syscall_resolve_name(name);
    // Not every machine has every call.
    if (number == __NR_SCMP_ERROR || !context_) return;
    const int error = seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(when.size()),
                                             when.size() == 0 ? nullptr : when.begin());
    if (error != 0 && error != -EDOM) error_ = -error;
  }

  Result<std::string> program() {
    const loader::Descriptor file(static_cast<int>(::memfd_create("system-calls", MFD_CLOEXEC)));
    if (!context_ || error_ != 0) return fault(context_ ? error_ : ENOSYS);
    if (const int error = seccomp_export_bpf(context_.get(), file.get()); error != 0) return fault(-error);
    std::string bytes(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    if (::pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return fault(errno);
    return bytes;
  }

 private:
  static Status fault(int error) {
    return {Code::unavailable, std::string("no filter of system calls can be made: ") + std::strerror(error)};
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  OnRule on_rule_;
  int error_ = 0;
};

std::string text_of(std::uint32_t action, const char* name, Filter::When when) {
  std::string text = action == SCMP_ACT_ALLOW ? name : std::string(name) + " fails";
  for (const scmp_arg_cmp& one : when) {
    const bool masked = one.op == SCMP_CMP_MASKED_EQ;
    text += " " + std::to_string(one.arg) + (masked ? "&" + std::to_string(one.datum_a) : std::string()) + "=" +
            std::to_string(masked ? one.datum_b : one.datum_a);
  }
  return text;
}

void allow_threads(Filter& filter, pid_t worker) {
  constexpr std::uint64_t kThread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
  filter.allow("clone", {SCMP_A0(SCMP_CMP_MASKED_EQ, kThread, kThread)});
  // Its flags lie in memory, where no filter looks; the C library then falls back to clone.
  filter.answer(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  filter.allow("tgkill", {SCMP_A0(SCMP_CMP_EQ, static_cast<std::uint64_t>(worker))});
  filter.allow("prctl", {SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)});
  filter.allow("prctl", {SCMP_A0(SCMP_CMP_EQ, PR_GET_NAME)});
  // Reading a limit, never setting one.
  filter.allow("prlimit64", {SCMP_A2(SCMP_CMP_EQ, 0)});
}

// Of what is shared without a file, and of what grows like a stack, the limit of memory (RLIMIT_DATA) knows nothing.
void allow_memory(Filter& filter, Grant code) {
  const scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  for (const std::uint64_t kind : {std::uint64_t{MAP_SHARED}, std::uint64_t{MAP_ANONYMOUS}}) {
    const scmp_arg_cmp counted = SCMP_A3(SCMP_CMP_MASKED_EQ, kind | MAP_GROWSDOWN, 0);
    if (code == Grant::yes) filter.allow("mmap", {counted});
    if (code == Grant::no) filter.allow("mmap", {no_code, counted});
  }
  if (code == Grant::yes) filter.allow("mprotect");
  if (code == Grant::no) filter.allow("mprotect", {no_code});
}

void allow_control(Filter& filter) {
  for (const std::uint64_t request : {std::uint64_t{FIONREAD}, std::uint64_t{FIONBIO}, std::uint64_t{TCGETS}}) {
    filter.allow("ioctl", {SCMP_A1(SCMP_CMP_EQ, request)});
  }
  for (const std::uint64_t command : kDescriptorCommands) filter.allow("fcntl", {SCMP_A1(SCMP_CMP_EQ, command)});
  filter.allow("fcntl", {SCMP_A1(SCMP_CMP_EQ, F_SETFL), SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, 0)});
}

void allow_sockets(Filter& filter, const SystemCalls& allowed) {
  // Streams alone: what is sent on a pair of datagram sockets may name any other one.
  filter.allow("socketpair",
               {SCMP_A0(SCMP_CMP_EQ, AF_UNIX), SCMP_A1(SCMP_CMP_MASKED_EQ, kTypeMask, std::uint64_t{SOCK_STREAM})});
  if (allowed.unix_sockets == Grant::yes) filter.allow("socket", {SCMP_A0(SCMP_CMP_EQ, AF_UNIX)});
  if (allowed.network == Grant::yes) {
    for (const std::uint64_t family : {std::uint64_t{AF_INET}, std::uint64_t{AF_INET6}}) {
      for (const std::uint64_t type : {std::uint64_t{SOCK_STREAM}, std::uint64_t{SOCK_DGRAM}}) {
        filter.allow("socket", {SCMP_A0(SCMP_CMP_EQ, family), SCMP_A1(SCMP_CMP_MASKED_EQ, kTypeMask, type)});
      }
    }
  }
  if (allowed.unix_sockets == Grant::no && allowed.network == Grant::no) return;
  for (const char* name : kSockets) filter.allow(name);
}

void allow_opening(Filter& filter, std::uint64_t mask, std::uint64_t flags) {
  filter.allow("open", {SCMP_A1(SCMP_CMP_MASKED_EQ, mask, flags)});
  filter.allow("openat", {SCMP_A2(SCMP_CMP_MASKED_EQ, mask, flags)});
}

// Where Landlock holds the plugin to some paths, nothing by name that Landlock does not see. Its first two versions see
// no file being emptied that is opened for reading.
void allow_some_files(Filter& filter) {
  allow_opening(filter, O_TRUNC, 0);
  allow_opening(filter, O_ACCMODE, O_WRONLY);
  allow_opening(filter, O_ACCMODE, O_RDWR);
  filter.allow("fchmod", {SCMP_A1(SCMP_CMP_MASKED_EQ, kForOthers, 0)});
  filter.allow("utimensat", {SCMP_A1(SCMP_CMP_EQ, 0)});
}

void allow_files(Filter& filter, const SystemCalls& allowed) {
  if (allowed.files == Files::none) {
    if (allowed.loading == Grant::yes) allow_opening(filter, kWriting, 0);
    return;
  }
  for (const char* name : kFiles) filter.allow(name);
  if (allowed.files == Files::some) return allow_some_files(filter);
  for (const char* name : kEveryFile) filter.allow(name);
}

void allow_all(Filter& filter, const SystemCalls& allowed) {
  for (const char* name : kAlways) filter.allow(name);
  allow_threads(filter, allowed.worker);
  allow_memory(filter, allowed.loading);
  allow_control(filter);
  allow_sockets(filter, allowed);
  allow_files(filter, allowed);
  if (allowed.loading == Grant::no) return;
  // The worker itself still puts the second filter in force, and seals its own memory.
  filter.allow("seccomp");
  filter.allow("prctl", {SCMP_A0(SCMP_CMP_EQ, PR_SET_DUMPABLE)});
}

}  // namespace

Result<std::string> filter_of(const SystemCalls& allowed) {
  Filter filter;
  allow_all(filter, allowed);
  return filter.program();
}

std::vector<std::string> rules_of(const SystemCalls& allowed) {
  std::vector<std::string> rules;
  Filter filter([&rules](std::uint32_t action, const char* name, Filter::When when) {
    rules.push_back(text_of(action, name, when));
  });
  allow_all(filter, allowed);
  return rules;
}

}  // namespace slipway::isolation
