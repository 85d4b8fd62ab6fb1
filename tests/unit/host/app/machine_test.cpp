#include "host/app/machine.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fstream>

namespace slipway::app {
namespace {

using boost::asio::ip::tcp;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class Machine : public testing::Test {
 protected:
  // One instance; the schema's default of "program" is "sh".
  std::vector<std::string> lacks(const Json& config) const {
    lifecycle::PlannedInstance instance;
    instance.name = "edge";
    instance.package.manifest.id = "acme.edge";
    instance.package.manifest.config_schema = schema;
    instance.package.manifest.permissions.processes.allowed = starts;
    instance.config = config;
    lifecycle::Plan plan;
    plan.instances.push_back(std::move(instance));
    return machine_lacks(plan, open_files);
  }
  Json& needs(const char* setting) { return schema["properties"]["proxy"]["properties"][setting]["x-slipway-needs"]; }
  std::string address() const { return "127.0.0.1:" + std::to_string(other.local_endpoint().port()); }

  std::vector<std::string> starts;
  std::uint64_t open_files = 4096;
  boost::asio::io_context context;
  tcp::acceptor other{context, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  Json schema = Json::parse(R"({"properties": {
      "folder": {"type": "string"},
      "proxy": {"properties": {
        "mode": {"default": "managed"},
        "program": {"default": "sh",
                    "x-slipway-needs": {"what": "program", "when": {"/proxy/mode": "managed"}}},
        "bind": {"x-slipway-needs": {"what": "address", "survivor": "/folder"}},
        "most": {"default": 1000, "x-slipway-needs": {"what": "files", "each": 2, "more": 256}}}}}})");
};

TEST_F(Machine, HasTheProgramsThatAPluginStarts) {
  starts = {"sh", "/bin/sh", "*"};
  EXPECT_THAT(lacks(Json::object()), IsEmpty());
  starts = {"no-such-program", "/nowhere/program"};
  EXPECT_THAT(lacks(Json::object()),
              ElementsAre("programs: no-such-program is needed by edge and is not installed; apt-get install "
                          "no-such-program",
                          "programs: /nowhere/program is needed by edge and is not installed; apt-get install "
                          "program"));
}

TEST_F(Machine, HasTheProgramsOfTheSettings) {
  EXPECT_THAT(lacks(Json::object()), IsEmpty());
  EXPECT_THAT(lacks({{"proxy", {{"program", "/bin/sh"}}}}), IsEmpty());
  EXPECT_THAT(
      lacks({{"proxy", {{"program", "/nowhere/edge-proxy"}}}}),
      ElementsAre("edge: proxy.program \"/nowhere/edge-proxy\" is not installed; apt-get install edge-proxy, or "
                  "name its path"));
  EXPECT_THAT(lacks({{"proxy", {{"program", "/tmp"}}}}), ElementsAre(StartsWith("edge: proxy.program \"/tmp\"")));
}

TEST_F(Machine, HasTheProgramOfADefaultToo) {
  schema["properties"]["proxy"]["properties"]["program"]["default"] = "no-such-program";
  EXPECT_THAT(lacks(Json::object()), ElementsAre(StartsWith("edge: proxy.program \"no-such-program\" is not")));
}

TEST_F(Machine, IsNotAskedForWhatOtherSettingsMakeNeedless) {
  EXPECT_THAT(lacks({{"proxy", {{"mode", "existing"}, {"program", "no-such-program"}}}}), IsEmpty());
}

TEST_F(Machine, NamesWhoHasAnAddress) {
  const auto of_this_process = testing::AllOf(StartsWith("edge: proxy.bind " + address() + ": "),
                                              testing::HasSubstr("(pid " + std::to_string(::getpid()) + ") listens"));
  EXPECT_THAT(lacks({{"proxy", {{"bind", address()}}}}), ElementsAre(of_this_process));
  const std::string port = address().substr(address().find(':'));
  EXPECT_THAT(lacks({{"proxy", {{"bind", "*" + port}}}}), testing::SizeIs(1));
  EXPECT_THAT(lacks({{"proxy", {{"bind", "127.0.0.2" + port}}}}), IsEmpty());
  EXPECT_THAT(lacks({{"proxy", {{"bind", "unix@/run/edge.sock"}}}}), IsEmpty());
  other.close();
  EXPECT_THAT(lacks({{"proxy", {{"bind", "127.0.0.1" + port}}}}), IsEmpty());
}

TEST_F(Machine, LeavesAnAddressToAProcessOfTheInstancesOwnFolder) {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string program;
  std::getline(file, program, '\0');
  const std::string own = program.substr(0, program.rfind('/'));
  ASSERT_FALSE(own.empty()) << program;
  EXPECT_THAT(lacks({{"folder", own}, {"proxy", {{"bind", address()}}}}), IsEmpty());
  EXPECT_THAT(lacks({{"folder", own + "x"}, {"proxy", {{"bind", address()}}}}), testing::SizeIs(1));
}

TEST_F(Machine, HasAsManyOpenFilesAsASettingTakes) {
  EXPECT_THAT(lacks({{"proxy", {{"most", 1920}}}}), IsEmpty()) << "4,096 exactly";
  EXPECT_THAT(
      lacks({{"proxy", {{"most", 1921}}}}),
      ElementsAre("edge: proxy.most 1921 takes 4098 open files, but only 4096 are allowed; raise LimitNOFILE or "
                  "ulimit -Hn, or set proxy.most lower"));
  needs("most")["when"] = {{"/proxy/mode", "managed"}};
  EXPECT_THAT(lacks({{"proxy", {{"most", 1921}}}}), testing::SizeIs(1));
  EXPECT_THAT(lacks({{"proxy", {{"most", 1921}, {"mode", "existing"}}}}), IsEmpty());
  open_files = 2255;
  EXPECT_THAT(lacks(Json::object()), ElementsAre(StartsWith("edge: proxy.most 1000 takes 2256 open files")));
}

// In a process of its own.
bool can_have_open(std::uint64_t files) {
  const int pid = ::fork();
  if (pid == 0) {
    const rlimit wanted{files, files};
    ::_exit(::setrlimit(RLIMIT_NOFILE, &wanted) == 0 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status == 0;
}

TEST_F(Machine, KnowsHowManyFilesAProgramThatIsStartedMayHaveOpen) {
  EXPECT_TRUE(can_have_open(most_open_files()));
  EXPECT_FALSE(can_have_open(most_open_files() + 1));
}

TEST_F(Machine, SaysWhatAPluginsSchemaHasWrong) {
  needs("program") = {{"what", "programme"}};
  needs("bind") = {{"what", "address"}, {"surviver", "/folder"}};
  EXPECT_THAT(lacks({{"proxy", {{"bind", address()}}}}),
              ElementsAre(testing::AllOf(StartsWith("edge: plugin.json of acme.edge: setting /proxy/bind: "),
                                         testing::HasSubstr("surviver")),
                          testing::AllOf(StartsWith("edge: plugin.json of acme.edge: setting /proxy/program: "),
                                         testing::HasSubstr("programme"))));
  needs("bind") = {{"what", "address"}, {"when", {{"folder", "x"}}}};
  needs("program") = {{"what", "program"}};
  EXPECT_THAT(lacks(Json::object()), ElementsAre(testing::HasSubstr("setting /proxy/bind: ")));
}

}  // namespace
}  // namespace slipway::app
