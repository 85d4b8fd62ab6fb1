#include "tools/kit/child.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace slipway::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

End sh(const std::string& script, milliseconds limit = seconds(20)) {
  return run_child({"/bin/sh", "-c", script}, limit);
}

TEST(Child, ReportsTheExitStatusOrTheSignal) {
  EXPECT_EQ(sh("exit 7").kind, End::Kind::exit);
  EXPECT_EQ(sh("exit 7").number, 7);
  const End killed = sh("kill -TERM $$");
  EXPECT_EQ(killed.kind, End::Kind::signal);
  EXPECT_EQ(killed.signal_name(), "SIGTERM");
}

TEST(Child, IsEndedAtItsLimitWithWhatItStarted) {
  EXPECT_EQ(sh("sleep 60 & sleep 60", milliseconds(100)).kind, End::Kind::too_long);
}

TEST(Child, TakesOrphansWithItThatLeftItsProcessGroup) {
  const auto note = std::filesystem::temp_directory_path() / ("kit-orphan-" + std::to_string(::getpid()));
  ASSERT_EQ(
      sh("setsid sh -c 'echo $$ > " + note.string() + "; sleep 60' & while ! test -s " + note.string() + "; do :; done")
          .number,
      0);
  pid_t orphan = 0;
  std::ifstream(note) >> orphan;
  std::filesystem::remove(note);
  ASSERT_GT(orphan, 0);
  EXPECT_EQ(::kill(orphan, 0), -1);
}

TEST(Child, RunsInAnEmptyFolderThatGoesWithIt) {
  const auto note = std::filesystem::temp_directory_path() / ("kit-child-" + std::to_string(::getpid()));
  ASSERT_EQ(sh("test -z \"$(ls)\" && touch left && pwd > " + note.string()).number, 0);
  std::string folder;
  std::ifstream(note) >> folder;
  std::filesystem::remove(note);
  EXPECT_FALSE(folder.empty());
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace slipway::kit
