#include "plugins/providers/local/process/processes.hpp"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "plugins/providers/local/process/pidfd.hpp"
#include "plugins/providers/local/process/proc.hpp"
#include "plugins/providers/local/process/spawn.hpp"

namespace slipway::local {
namespace {

namespace asio = boost::asio;

bool is_over(int pidfd) {
  pollfd question{pidfd, POLLIN, 0};
  return ::poll(&question, 1, 0) == 1;
}

Exit reap(int pidfd) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return {};
  if (info.si_code == CLD_EXITED) return {.code = info.si_status, .signal = {}};
  return {.code = {}, .signal = info.si_status};
}

class OsProcess final : public Process {
 public:
  OsProcess(const asio::any_io_executor& executor, Spawned spawned)
      : pid_(spawned.pid), start_time_(spawned.start_time), pidfd_(executor, spawned.pidfd.release()) {}

  [[nodiscard]] int pid() const override { return pid_; }
  [[nodiscard]] std::uint64_t start_time() const override { return start_time_; }

  void signal(int number) override { signal_pidfd(pidfd_.native_handle(), number); }

  void kill_all() override {
    // The group's number is ours as long as its leader has not been reaped.
    const bool ours = start_time_ == 0 || start_time_of(pid_) == start_time_;
    if (ours) ::kill(-pid_, SIGKILL);
    signal(SIGKILL);
  }

  awaitable<Exit> ended(Leftovers leftovers) override {
    boost::system::error_code error;
    // The reactor may wake us for what happened to an older descriptor of the same number.
    while (!error && !is_over(pidfd_.native_handle())) {
      co_await pidfd_.async_wait(asio::posix::stream_descriptor::wait_read, into(error));
    }
    // Before the leader is reaped, while its number cannot belong to another group.
    if (leftovers == Leftovers::kKill) ::kill(-pid_, SIGKILL);
    co_return reap(pidfd_.native_handle());
  }

 private:
  int pid_;
  std::uint64_t start_time_;
  asio::posix::stream_descriptor pidfd_;
};

class OsProcesses final : public Processes {
 public:
  explicit OsProcesses(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  std::unique_ptr<Process> start(const Command& command) override {
    return std::make_unique<OsProcess>(executor_, spawn(command));
  }

  std::unique_ptr<Process> adopt(int pid, std::uint64_t start_time) override {
    if (pid <= 0) return nullptr;
    Spawned found{pid, start_time, UniqueFd(open_pidfd(pid))};
    // Compared after the descriptor is held: from here on the number cannot pass to another process unseen.
    const auto seen = start_time_of(pid);
    if (!found.pidfd.valid() || !seen || (start_time != 0 && *seen != start_time)) return nullptr;
    found.start_time = *seen;
    return std::make_unique<OsProcess>(executor_, std::move(found));
  }

  std::unique_ptr<Process> find(const std::string& environment_entry) override {
    const auto pid = find_by_environment(environment_entry);
    return pid ? adopt(*pid, 0) : nullptr;
  }

 private:
  asio::any_io_executor executor_;
};

}  // namespace

std::string to_string(const Exit& exit) {
  if (exit.code) return "exited with status " + std::to_string(*exit.code);
  if (!exit.signal) return "ended";
  const char* name = ::sigdescr_np(*exit.signal);
  return "was ended by signal " + std::to_string(*exit.signal) + " (" + (name != nullptr ? name : "unknown") + ")";
}

std::unique_ptr<Processes> make_processes(boost::asio::any_io_executor executor) {
  return std::make_unique<OsProcesses>(std::move(executor));
}

}  // namespace slipway::local
