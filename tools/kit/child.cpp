#include "tools/kit/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace slipway::kit {
namespace {

namespace fs = std::filesystem;

// An empty folder that goes with the process.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "slipway-kit-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + name);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Actions {
 public:
  explicit Actions(const fs::path& folder) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, ".stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, ".stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

pid_t start(std::vector<std::string> words, const fs::path& folder) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> environment{"PATH=" + std::string(path == nullptr ? "/usr/bin:/bin" : path), "LC_ALL=C",
                                       "HOME=" + folder.string(), "TMPDIR=" + folder.string()};
  // Sanitizers are set up by their variables.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  std::vector<char*> argv;
  std::vector<char*> envp;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& entry : environment) envp.push_back(entry.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const Actions actions(folder);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, words.front().c_str(), &actions.actions_, &actions.attributes_, argv.data(), envp.data());
  if (error != 0) throw std::runtime_error("cannot start " + words.front() + ": " + std::strerror(error));
  return pid;
}

// False when the process is still there after the limit.
bool ends_within(pid_t pid, std::chrono::milliseconds limit) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) throw std::runtime_error(std::string("pidfd_open: ") + std::strerror(errno));
  const auto end = std::chrono::steady_clock::now() + limit;
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd wanted{descriptor, POLLIN, 0};
    ready = ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
  } while (ready < 0 && errno == EINTR);
  ::close(descriptor);
  return ready > 0;
}

std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    for (pid_t child = 0; file >> child;) found.push_back(child);
  }
  return found;
}

// Also those that left the process group: they come here when their parent has gone.
void end_what_is_left() {
  constexpr int kGenerations = 100;
  for (int i = 0; i < kGenerations; ++i) {
    const auto left = children();
    if (left.empty()) return;
    for (const pid_t child : left) ::kill(child, SIGKILL);
    for (const pid_t child : left) ::waitpid(child, nullptr, 0);
  }
}

}  // namespace

std::string End::signal_name() const {
  const char* name = ::sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number) : "SIG" + std::string(name);
}

End run_child(const std::vector<std::string>& words, std::chrono::milliseconds limit) {
  const Folder folder;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t pid = start(words, folder.path());
  const bool in_time = ends_within(pid, limit);
  // With what it started, also when it ended by itself.
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  end_what_is_left();
  if (!in_time) return {End::Kind::too_long, 0};
  if (WIFSIGNALED(status)) return {End::Kind::signal, WTERMSIG(status)};
  return {End::Kind::exit, WEXITSTATUS(status)};
}

}  // namespace slipway::kit
