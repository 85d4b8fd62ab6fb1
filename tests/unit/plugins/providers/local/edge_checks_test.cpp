// What is looked at before HAProxy is started: its program and its port.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <slipway/status.hpp>

#include "plugins/providers/local/base/files.hpp"
#include "plugins/providers/local/base/unique_fd.hpp"
#include "plugins/providers/local/edge/port.hpp"
#include "plugins/providers/local/edge/program.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::local {
namespace {

using ::testing::ThrowsMessage;

class Program : public ::testing::Test {
 protected:
  std::string script(const std::string& words, mode_t mode = 0755) {
    const auto file = directory.path() / "haproxy";
    write_file(file, "#!/bin/sh\n" + words + "\n", Durability::kProcess);
    ::chmod(file.c_str(), mode);
    return file.string();
  }
  void refused(const std::string& binary, const std::string& why) {
    EXPECT_THAT([&] { check_haproxy(binary, directory.path().string()); },
                ThrowsMessage<Error>("haproxy.binary \"" + binary + "\" " + why));
  }
  slipway::test::TemporaryDirectory directory;
};

TEST_F(Program, is_taken_by_its_path_or_found_in_the_folders) {
  const std::string file = script("echo 'HAProxy version 2.6.12-1+deb12u1 2023/12/16'; [ \"$1\" = -v ]");
  EXPECT_NO_THROW(check_haproxy(file, ""));
  EXPECT_NO_THROW(check_haproxy("haproxy", "/nowhere:" + directory.path().string()));
}

TEST_F(Program, that_is_missing_or_may_not_be_run_is_refused) {
  refused("haproxy",
          "is in none of the folders " + directory.path().string() + "; apt-get install haproxy, or name its path");
  refused("/nowhere/haproxy", "does not exist; name the program of HAProxy");
  refused(script("", 0644), "is no program that may be run");
  refused(directory.path().string(), "is no program that may be run");
}

TEST_F(Program, that_is_no_haproxy_or_too_old_is_refused) {
  refused(script("echo hello"), "is no HAProxy: it does not say its version when it is run with -v");
  refused(script("echo 'HA-Proxy version 2.2.9-2 2021/02/06'"), "is HAProxy 2.2; want 2.6 or newer");
}

TEST(VersionOfHaproxy, is_the_first_two_numbers) {
  EXPECT_EQ(version_in("HAProxy version 3.0.5-8e879a5 2024/09/19 - https://haproxy.org/\n"), (HaproxyVersion{3, 0}));
  EXPECT_EQ(version_in("HAProxy version 3"), std::nullopt);
  EXPECT_EQ(version_in(""), std::nullopt);
  EXPECT_GT((HaproxyVersion{2, 10}), kOldestHaproxy);
}

// A socket of this process that lets others bind beside it.
class Port : public ::testing::Test {
 protected:
  Port() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket.get(), generic, size), 0);
    EXPECT_EQ(::getsockname(socket.get(), generic, &size), 0);
    EXPECT_EQ(::listen(socket.get(), 1), 0);
    bind = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  UniqueFd socket;
  std::string bind;
};

TEST_F(Port, where_another_process_listens_is_refused_with_its_name_though_both_could_bind) {
  EXPECT_THAT([&] { check_port_is_ours(bind, "/run/slipway/haproxy.cfg"); },
              ThrowsMessage<Error>("haproxy.bind " + bind + ": provider_local_test (pid " + std::to_string(::getpid()) +
                                   ") listens there already; end it, or set haproxy.bind to another port"));
}

TEST_F(Port, where_another_process_listens_at_another_address_is_fine) {
  const std::string port = bind.substr(bind.find(':'));
  EXPECT_NO_THROW(check_port_is_ours("127.0.0.2" + port, "/run/slipway/haproxy.cfg"));
  EXPECT_THROW(check_port_is_ours("*" + port, "/run/slipway/haproxy.cfg"), Error) << "every address has this one";
}

TEST_F(Port, that_is_free_or_that_our_own_process_holds_is_fine) {
  const std::string ours = "/proc/" + std::to_string(::getpid()) + "/cmdline";
  std::string program = read_file(ours).value_or("");
  program = program.substr(0, program.find('\0'));
  EXPECT_NO_THROW(check_port_is_ours(bind, program)) << "it is among the arguments";
  socket.reset();
  EXPECT_NO_THROW(check_port_is_ours(bind, "/run/slipway/haproxy.cfg"));
  EXPECT_NO_THROW(check_port_is_ours("unix@/run/edge.sock", "/run/slipway/haproxy.cfg")) << "HAProxy knows better";
}

}  // namespace
}  // namespace slipway::local
