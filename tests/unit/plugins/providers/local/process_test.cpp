#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <slipway/status.hpp>

#include "plugins/providers/local/base/files.hpp"
#include "plugins/providers/local/process/proc.hpp"
#include "plugins/providers/local/process/processes.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::local {
namespace {

class ChildProcesses : public ::testing::Test {
 protected:
  Command shell(const std::string& script) {
    Command command;
    command.arguments = {"/bin/sh", "-c", script};
    command.environment = {"NAME=value"};
    command.folder = directory.path().string();
    command.log_file = (directory.path() / "log").string();
    return command;
  }
  Exit end_of(Process& process, Leftovers leftovers = Leftovers::kKill) {
    std::optional<Exit> exit;
    auto wait = [](Process& which, Leftovers what, std::optional<Exit>& out) -> awaitable<void> {
      out = co_await which.ended(what);
    };
    boost::asio::co_spawn(context, wait(process, leftovers, exit), [](std::exception_ptr) {});
    context.restart();
    context.run_for(std::chrono::seconds(10));
    return exit.value_or(Exit{.code = -1, .signal = -1});
  }
  std::string log() { return read_file(directory.path() / "log").value_or(""); }

  slipway::test::TemporaryDirectory directory;
  boost::asio::io_context context;
  std::unique_ptr<Processes> processes = make_processes(context.get_executor());
};

TEST_F(ChildProcesses, get_their_environment_folder_and_log_and_nothing_else) {
  const auto process =
      processes->start(shell("pwd; env | grep -v ^PWD= | grep -v ^_= | sort; ls /proc/self/fd; exit 7"));
  EXPECT_EQ(end_of(*process), (Exit{.code = 7, .signal = {}}));
  EXPECT_EQ(log(), directory.path().string() + "\nNAME=value\n0\n1\n2\n3\n")
      << "descriptor 3 is the listed folder itself";
}

TEST_F(ChildProcesses, lead_a_session_of_their_own_with_default_signals) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto process =
      processes->start(shell("grep SigIgn /proc/self/status; cut -d' ' -f6 /proc/$$/stat; exec sleep 60"));
  process->signal(SIGTERM);
  EXPECT_EQ(to_string(end_of(*process)), "was ended by signal 15 (Terminated)");
  const auto again = processes->start(shell("grep SigIgn /proc/self/status; cut -d' ' -f6 /proc/$$/stat"));
  end_of(*again);
  EXPECT_THAT(log(), ::testing::HasSubstr("SigIgn:\t0000000000000000\n" + std::to_string(again->pid()) + "\n"));
}

TEST_F(ChildProcesses, have_the_limits_they_were_given) {
  Command command = shell("ulimit -n");
  command.limits = {{RLIMIT_NOFILE, 77}};
  end_of(*processes->start(command));
  EXPECT_EQ(log(), "77\n");
}

TEST_F(ChildProcesses, a_program_or_folder_that_is_not_there_is_named) {
  Command command = shell("true");
  command.folder = "/nowhere";
  EXPECT_THAT([&] { processes->start(command); },
              ::testing::ThrowsMessage<Error>("cannot start \"/bin/sh\": its folder: No such file or directory"));
  command.arguments = {"no-such-program"};
  EXPECT_THAT([&] { processes->start(command); },
              ::testing::ThrowsMessage<Error>(
                  "cannot start \"no-such-program\": no such program in /usr/local/bin:/usr/bin:/bin"));
}

TEST_F(ChildProcesses, what_one_leaves_behind_in_its_group_is_killed_with_it) {
  const auto process = processes->start(shell("sleep 60 & echo $!; exit 0"));
  end_of(*process);
  const int child = std::stoi(log());
  for (int i = 0; i < 1000 && start_time_of(child); ++i) ::usleep(1000);
  EXPECT_FALSE(start_time_of(child));
}

TEST_F(ChildProcesses, are_adopted_by_pid_and_start_time_and_not_when_the_pid_is_somebody_elses) {
  const auto process = processes->start(shell("exec sleep 60"));
  EXPECT_EQ(processes->adopt(process->pid(), process->start_time() + 1), nullptr);
  const auto adopted = processes->adopt(process->pid(), process->start_time());
  ASSERT_NE(adopted, nullptr);
  adopted->kill_all();
  end_of(*adopted);
  EXPECT_EQ(processes->adopt(process->pid(), process->start_time()), nullptr);
}

TEST_F(ChildProcesses, are_found_by_an_entry_of_their_environment) {
  Command command = shell("exec sleep 60");
  command.environment.push_back("SLIPWAY_REPLICA=acme/test/" + directory.path().filename().string());
  const auto process = processes->start(command);
  const auto found = processes->find(command.environment.back());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->pid(), process->pid());
  EXPECT_EQ(processes->find("SLIPWAY_REPLICA=nobody"), nullptr);
  process->kill_all();
  EXPECT_EQ(end_of(*process).signal, SIGKILL);
}

// While a process calls exec, the kernel shows its environment as empty.
TEST_F(ChildProcesses, are_found_by_an_entry_of_their_environment_while_they_become_another_program) {
  Command command = shell("printf '#!/bin/sh\\nexec \"$0\"\\n' >again; chmod 700 again; exec ./again");
  command.environment.push_back("SLIPWAY_REPLICA=acme/test/" + directory.path().filename().string());
  const auto process = processes->start(command);
  for (int i = 0; i < 150; ++i) ASSERT_NE(processes->find(command.environment.back()), nullptr) << "attempt " << i;
  process->kill_all();
  EXPECT_EQ(end_of(*process).signal, SIGKILL);
}

}  // namespace
}  // namespace slipway::local
