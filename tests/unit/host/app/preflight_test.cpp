#include "host/app/preflight.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fstream>
#include <limits>

#include "tests/support/temporary_directory.hpp"

namespace slipway::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

class Preflight : public testing::Test {
 protected:
  Preflight() {
    site.listen = "127.0.0.1:0";
    site.state_directory = (folder.path() / "state").string();
    site.run_directory = (folder.path() / "run").string();
  }
  std::vector<std::string> lacks(const PreflightLimits& limits = {.open_files = 16, .free_bytes = 1}) const {
    return preflight(site, plan, limits);
  }
  // An instance of a plugin that starts this program.
  void needs(const std::string& program) {
    lifecycle::PlannedInstance instance;
    instance.name = "runner";
    instance.package.manifest.permissions.processes.allowed = {program};
    plan.instances.push_back(std::move(instance));
  }
  test::TemporaryDirectory folder;
  config::SiteConfig site;
  lifecycle::Plan plan;
};

TEST_F(Preflight, MakesItsDirectoriesPrivateAndFindsNothingToSay) {
  EXPECT_THAT(lacks(), IsEmpty());
  struct stat state {
  }, run{};
  ASSERT_EQ(::stat(site.state_directory.c_str(), &state), 0);
  ASSERT_EQ(::stat(site.run_directory.c_str(), &run), 0);
  EXPECT_EQ(state.st_mode & 0777U, 0711U) << "replicas of other users pass through, and nobody lists it";
  EXPECT_EQ(run.st_mode & 0777U, 0700U);
}

TEST_F(Preflight, RaisesTheNumberOfOpenFilesAsFarAsItMayAndSaysWhenThatIsTooFew) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit lower = limit;
  lower.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  EXPECT_THAT(lacks({.open_files = limit.rlim_max, .free_bytes = 1}), IsEmpty());
  const std::string most = std::to_string(limit.rlim_max);
  const std::string wanted = std::to_string(limit.rlim_max + 1);
  EXPECT_THAT(lacks({.open_files = limit.rlim_max + 1, .free_bytes = 1}),
              ElementsAre("limits: only " + most + " files may be open, " + wanted +
                          " are needed; raise LimitNOFILE or ulimit -n"));
}

TEST_F(Preflight, SaysThatADiskIsTooFullForEachDirectory) {
  const std::string tail = R"( has [0-9]+ MiB free, 17592186044415 are needed; make room or name another directory)";
  EXPECT_THAT(lacks({.open_files = 16, .free_bytes = std::numeric_limits<std::uint64_t>::max()}),
              ElementsAre(MatchesRegex("state_directory: " + site.state_directory + tail),
                          MatchesRegex("run_directory: " + site.run_directory + tail)));
}

TEST_F(Preflight, NamesADirectoryThatCannotBeMadeIsNoneOrIsOpenToOthers) {
  std::ofstream(folder.path() / "file") << "x";
  site.state_directory = "/proc/nowhere/state";
  site.run_directory = (folder.path() / "file").string();
  EXPECT_THAT(lacks(), ElementsAre(MatchesRegex("state_directory: /proc/nowhere: cannot be made: .*"),
                                   "run_directory: " + site.run_directory + ": exists and is no directory"));
  site.state_directory = (folder.path() / "state").string();
  site.run_directory = (folder.path() / "open").string();
  std::filesystem::create_directory(site.run_directory);
  std::filesystem::permissions(site.run_directory, std::filesystem::perms::all);
  EXPECT_THAT(lacks(), ElementsAre("run_directory: " + site.run_directory +
                                   ": others may write to it; run chmod go-w " + site.run_directory));
}

TEST_F(Preflight, NamesAPortThatIsInUse) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::acceptor other(context, {asio::ip::make_address("127.0.0.1"), 0});
  site.listen = "127.0.0.1:" + std::to_string(other.local_endpoint().port());
  EXPECT_THAT(lacks(), ElementsAre("listen: " + site.listen +
                                   ": Address already in use; end what uses the port, or set listen to another one"));
}

TEST_F(Preflight, TellsEveryLackAtOnce) {
  site.state_directory = "/proc/nowhere/state";
  needs("no-such-program");
  EXPECT_EQ(lacks({.open_files = std::numeric_limits<std::uint64_t>::max(), .free_bytes = 1}).size(), 3U);
}

}  // namespace
}  // namespace slipway::app
