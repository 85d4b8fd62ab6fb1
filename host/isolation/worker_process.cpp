#include "host/isolation/worker_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace slipway::isolation {
namespace {

using loader::Descriptor;

Status fault(const std::string& doing, int error) { return {Code::unavailable, doing + ": " + std::strerror(error)}; }

// Above the numbers that the worker's own will have, so that none is overwritten before it is copied.
Result<Descriptor> out_of_the_way(int number) {
  Descriptor copy(::fcntl(number, F_DUPFD_CLOEXEC, 10));
  if (!copy.is_open()) return fault("cannot give a descriptor to a worker", errno);
  return copy;
}

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void inherit(int socket, int library) {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, kSocketNumber);
    ::posix_spawn_file_actions_adddup2(&actions_, library, kLibraryNumber);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kLibraryNumber + 1);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// Signals as a new process expects them, and a session of its own: what the host's terminal sends is not for it.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::string end_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return "exited with status " + std::to_string(info.si_status);
  const char* name = ::sigdescr_np(info.si_status);
  return "ended by signal " + std::to_string(info.si_status) + " (" + (name == nullptr ? "unknown" : name) + ")";
}

class ChildProcess final : public Process {
 public:
  ChildProcess(pid_t id, Descriptor handle) : id_(id), handle_(std::move(handle)) {}
  ~ChildProcess() override {
    if (!end_.empty()) return;
    kill();
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>(handle_.get()), &info, WEXITED) != 0 && errno == EINTR) {
    }
  }

  [[nodiscard]] pid_t id() const override { return id_; }
  // By the handle: its number may belong to another process once it was waited for.
  void kill() override { ::syscall(SYS_pidfd_send_signal, handle_.get(), SIGKILL, nullptr, 0); }
  std::string wait(Duration patience) override {
    if (!end_.empty()) return end_;
    pollfd ended{handle_.get(), POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(std::min<std::int64_t>(patience.ns / 1'000'000, 1'000'000)));
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(handle_.get()), &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
      end_ = end_of(info);
    }
    return end_;
  }

 private:
  const pid_t id_;
  const Descriptor handle_;
  std::string end_;
};

Result<pid_t> spawn(const WorkerProgram& program, int socket, int library) {
  FileActions actions;
  actions.inherit(socket, library);
  const Attributes attributes;
  std::vector<std::string> texts{program.path.string(), std::to_string(::getpid())};
  texts.insert(texts.end(), program.arguments.begin(), program.arguments.end());
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  char* environment[] = {nullptr};
  pid_t id = 0;
  const int error =
      ::posix_spawn(&id, program.path.c_str(), actions.get(), attributes.get(), arguments.data(), environment);
  if (error != 0) return fault("the worker " + program.path.string() + " cannot be started", error);
  return id;
}

}  // namespace

std::filesystem::path worker_beside_this_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).replace_filename("slipway-worker");
}

Result<Launched> WorkerLauncher::launch() {
  if (Status same = loader::check_content(library_); !same.ok()) return same;
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fault("no socket for a worker", errno);
  Descriptor ours(ends[0]);
  const Descriptor its(ends[1]);
  const auto socket = out_of_the_way(its.get());
  const auto library = out_of_the_way(library_.file.get());
  if (!socket.ok()) return socket.status();
  if (!library.ok()) return library.status();
  const auto id = spawn(program_, socket->get(), library->get());
  if (!id.ok()) return id.status();
  Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, *id, 0)));
  if (!handle.is_open()) {
    const int error = errno;
    ::kill(*id, SIGKILL);
    ::waitpid(*id, nullptr, 0);
    return fault("no handle for a worker", error);
  }
  return Launched{std::move(ours), std::make_unique<ChildProcess>(*id, std::move(handle))};
}

}  // namespace slipway::isolation
