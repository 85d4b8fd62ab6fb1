#include "plugins/metrics/probe/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <slipway/status.hpp>

// The header of glibc 2.36 has no language linkage of its own.
extern "C" {
#include <sys/pidfd.h>
}

namespace slipway::probe {
namespace {

constexpr std::size_t kTail = 4096;
constexpr std::size_t kReport = 256 << 10;
constexpr std::size_t kTailShown = 200;

struct Actions {
  posix_spawn_file_actions_t value;
  explicit Actions(int output) {
    ::posix_spawn_file_actions_init(&value);
    ::posix_spawn_file_actions_addopen(&value, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&value, output, 1);
    ::posix_spawn_file_actions_adddup2(&value, output, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&value, 3);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
};

// A group of its own, so that what the program started can be killed with it, and signals as in a fresh process.
struct Attributes {
  posix_spawnattr_t value;
  Attributes() {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_init(&value);
    ::posix_spawnattr_setpgroup(&value, 0);
    ::posix_spawnattr_setsigmask(&value, &none);
    ::posix_spawnattr_setsigdefault(&value, &all);
    ::posix_spawnattr_setflags(&value, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

int spawn(const Command& command, int output, pid_t& pid) {
  std::vector<std::string> words = command.words;
  std::vector<std::string> settings;
  for (const auto& [name, value] : command.environment) settings.push_back(name + "=" + value);
  const Actions actions(output);
  const Attributes attributes;
  return ::posix_spawnp(&pid, words[0].c_str(), &actions.value, &attributes.value, pointers(words).data(),
                        pointers(settings).data());
}

Error cannot_start(const Command& command, int error) {
  const Code code = error == ENOENT   ? Code::not_found
                    : error == EACCES ? Code::permission_denied
                                      : Code::resource_exhausted;
  return {code, "cannot start \"" + command.words[0] + "\": " + std::strerror(error)};
}

}  // namespace

Child::Child(const Command& command) : kept_(command.output == Output::tap ? kReport : kTail) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw cannot_start(command, errno);
  const int error = spawn(command, ends[1], pid_);
  ::close(ends[1]);
  if (error != 0) ::close(ends[0]);
  if (error != 0) throw cannot_start(command, error);
  output_ = ends[0];
  ::fcntl(output_, F_SETFL, O_NONBLOCK);
  end_ = ::pidfd_open(pid_, 0);
  if (end_ >= 0) return;
  const int reason = errno;
  kill();
  ::waitpid(pid_, nullptr, 0);
  ::close(output_);
  throw cannot_start(command, reason);
}

Child::~Child() {
  kill();
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  ::close(end_);
  ::close(output_);
}

bool Child::read_output() {
  char bytes[4096];
  while (true) {
    const ssize_t count = ::read(output_, bytes, sizeof bytes);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    tail_.append(bytes, static_cast<std::size_t>(count));
    if (tail_.size() > kept_) tail_.erase(0, tail_.size() - kept_);
  }
}

void Child::kill() {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

std::string Child::reap() {
  siginfo_t info{};
  // Looked at first and reaped last: until then no other process group can have its number.
  const int result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  const int reason = errno;
  if (result == 0) kill();
  if (result == 0) ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  if (result != 0) return std::string("its exit status is lost: ") + std::strerror(reason);
  if (info.si_code != CLD_EXITED) return "killed by signal " + std::to_string(info.si_status);
  if (info.si_status == 0) return "";
  const std::string said = last_line();
  return "exit status " + std::to_string(info.si_status) + (said.empty() ? "" : ": " + said);
}

std::string Child::last_line() const {
  const std::size_t end = tail_.find_last_not_of("\r\n \t");
  if (end == tail_.npos) return "";
  const std::size_t before = tail_.find_last_of('\n', end);
  const std::size_t begin = before == tail_.npos ? 0 : before + 1;
  return tail_.substr(begin, std::min(kTailShown, end + 1 - begin));
}

}  // namespace slipway::probe
