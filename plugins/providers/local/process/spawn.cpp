#include "plugins/providers/local/process/spawn.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/process/pidfd.hpp"
#include "plugins/providers/local/process/proc.hpp"

namespace slipway::local {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

// Where the child was when a call failed; sent to the parent with errno.
enum class Stage : int { kSession, kStdio, kLimit, kGroups, kUser, kFolder, kExec };
constexpr std::array<const char*, 7> kStageTexts = {"a new session", "its output", "its resource limits", "its groups",
                                                    "its user",      "its folder", "the program"};
struct Report {
  int stage;
  int error;
};

// Everything the child needs, laid out before the fork: after it, allocating memory could block for ever.
struct Prepared {
  std::string program;
  std::vector<char*> arguments, environment;
  UniqueFd input, output;
  sigset_t no_signals;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

std::string_view search_path(const Command& command) {
  for (const std::string& entry : command.environment) {
    if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
  }
  return kDefaultPath;
}

std::string find_program(const Command& command) {
  const std::string& name = command.arguments.front();
  if (name.starts_with('/')) return name;
  if (name.find('/') != name.npos) return (std::filesystem::path(command.folder) / name).string();
  std::string_view path = search_path(command);
  while (!path.empty()) {
    const auto end = path.find(':');
    std::string candidate = std::string(path.substr(0, end)) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(end == path.npos ? path.size() : end + 1);
  }
  throw Error(Code::failed_precondition,
              "cannot start \"" + name + "\": no such program in " + std::string(search_path(command)));
}

UniqueFd open_or_throw(const char* path, int flags) {
  UniqueFd fd(::open(path, flags | O_CLOEXEC | O_NOCTTY, 0640));
  if (!fd.valid()) throw_errno(std::string("cannot open \"") + path + '"');
  return fd;
}

Prepared prepare(const Command& command) {
  if (command.arguments.empty())
    throw Error(Code::invalid_argument, "there is no program to start: the command is empty");
  Prepared ready;
  ready.program = find_program(command);
  ready.arguments = pointers(command.arguments);
  ready.environment = pointers(command.environment);
  ready.input = open_or_throw("/dev/null", O_RDONLY);
  ready.output = command.log_file.empty() ? open_or_throw("/dev/null", O_WRONLY)
                                          : open_or_throw(command.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  ::sigemptyset(&ready.no_signals);
  return ready;
}

[[noreturn]] void give_up(int report_fd, Stage stage) {
  const Report report{static_cast<int>(stage), errno};
  [[maybe_unused]] const auto written = ::write(report_fd, &report, sizeof report);
  ::_exit(127);
}

void default_signals(const sigset_t& none) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void set_limits(const Command& command, int report_fd) {
  for (const ResourceLimit& limit : command.limits) {
    const rlimit64 value{limit.value, limit.value};
    if (::syscall(SYS_prlimit64, 0, limit.resource, &value, nullptr) != 0) give_up(report_fd, Stage::kLimit);
  }
}

// The raw system calls: the C library's wrappers talk to the other threads, which are not there any more.
void become(const User& user, int report_fd) {
  if (::syscall(SYS_setgroups, user.groups.size(), user.groups.data()) != 0) give_up(report_fd, Stage::kGroups);
  if (::syscall(SYS_setresgid, user.gid, user.gid, user.gid) != 0) give_up(report_fd, Stage::kGroups);
  if (::syscall(SYS_setresuid, user.uid, user.uid, user.uid) != 0) give_up(report_fd, Stage::kUser);
}

// Runs in the child. Only async-signal-safe calls from here on.
[[noreturn]] void run_child(const Command& command, const Prepared& ready, int report_fd) {
  default_signals(ready.no_signals);
  if (::setsid() < 0) give_up(report_fd, Stage::kSession);
  ::umask(022);
  const bool wired =
      ::dup2(ready.input.get(), 0) == 0 && ::dup2(ready.output.get(), 1) == 1 && ::dup2(ready.output.get(), 2) == 2;
  if (!wired) give_up(report_fd, Stage::kStdio);
  set_limits(command, report_fd);
  if (command.user) become(*command.user, report_fd);
  if (!command.folder.empty() && ::chdir(command.folder.c_str()) != 0) give_up(report_fd, Stage::kFolder);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(ready.program.c_str(), ready.arguments.data(), ready.environment.data());
  give_up(report_fd, Stage::kExec);
}

// A folder that is closed to others keeps out a release's user, not the host's.
std::string way_out(const Report& report, const Command& command) {
  if (!command.user || report.error != EACCES) return "";
  return "; the release's user has to pass through each folder above \"" + command.folder +
         "\" and its program: chmod o+x the one that it can't";
}

// The pipe closes by itself when the program runs; what comes before that is a failure.
void await_exec(int pid, const UniqueFd& pipe, const std::string& program, const Command& command) {
  Report report{};
  ssize_t n = 0;
  do n = ::read(pipe.get(), &report, sizeof report);
  while (n < 0 && errno == EINTR);
  if (n != sizeof report) return;
  ::waitpid(pid, nullptr, 0);
  throw Error(Code::failed_precondition, "cannot start \"" + program +
                                             "\": " + kStageTexts[static_cast<std::size_t>(report.stage)] + ": " +
                                             errno_text(report.error) + way_out(report, command));
}

}  // namespace

User find_user(const std::string& name) {
  std::array<char, 16384> buffer;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) throw Error(Code::invalid_argument, "there is no user \"" + name + "\" on this machine");
  User user{entry.pw_uid, entry.pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(user.groups.size());
  if (::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count) < 0)
    count = static_cast<int>(user.groups.size());
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

Spawned spawn(const Command& command) {
  const Prepared ready = prepare(command);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("cannot make a pipe");
  UniqueFd reader(ends[0]), writer(ends[1]);

  const int pid = ::fork();
  if (pid < 0) throw_errno("cannot start \"" + ready.program + "\": fork");
  if (pid == 0) run_child(command, ready, writer.get());
  writer.reset();
  await_exec(pid, reader, ready.program, command);

  Spawned spawned;
  spawned.pid = pid;
  spawned.start_time = start_time_of(pid).value_or(0);
  // No other process can have the number: the child stays a zombie until we reap it.
  spawned.pidfd = UniqueFd(open_pidfd(pid));
  if (!spawned.pidfd.valid()) throw_errno("cannot watch the process " + std::to_string(pid));
  return spawned;
}

}  // namespace slipway::local
