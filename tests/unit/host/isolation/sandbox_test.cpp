#include <gmock/gmock.h>
#include <linux/landlock.h>
#include <sys/syscall.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "host/config/site_config.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

constexpr const char* kRefused = "Operation not permitted";
constexpr const char* kWholeNetwork = "the permission \"network\" is granted for every destination";

// There, and of a mode that others may read.
std::string file_in(const test::TemporaryDirectory& folder) {
  const std::filesystem::path file = folder.path() / "a";
  std::ofstream(file) << "a";
  return file.string();
}

std::string content_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Where somebody listens.
class Socket {
 public:
  explicit Socket(const std::string& name) : acceptor_(io_, name) {}

 private:
  boost::asio::io_context io_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
};

class Sandbox : public IsolatedTest {
 protected:
  std::string attempt(const std::string& what) { return say("try " + what); }
  std::string lacking(const std::string& name) {
    for (const Protection& one : worker->status().protections) {
      if (one.name == name) return one.lacking;
    }
    return "there is none of that name";
  }
};

TEST_F(Sandbox, system_calls_that_reach_beyond_the_process_are_refused) {
  run();
  for (const char* call : {"execve",         "fork",          "vfork",           "ptrace",         "mount",
                           "raw_socket",     "packet_socket", "netlink_socket",  "tcp_socket",     "unix_socket",
                           "io_uring_setup", "bpf",           "perf_event_open", "userfaultfd",    "process_vm_readv",
                           "pidfd_open",     "unshare",       "setns",           "chroot",         "personality",
                           "keyctl",         "kill_parent",   "tgkill_parent",   "terminal_input", "executable_memory",
                           "raise_limit",    "write_file",    "read_file",       "datagram_pair",  "packet_pair"}) {
    EXPECT_EQ(attempt(call), kRefused) << call;
  }
  EXPECT_EQ(attempt("getpid"), "allowed");
  EXPECT_EQ(attempt("stream_pair"), "allowed");
}

TEST_F(Sandbox, no_descriptor_sends_signals_to_the_host) {
  granted.network.allowed = granted.files.allowed = {"*"};
  run();
  for (const char* call : {"own_signals", "choose_signal", "ask_for_signals", "lease", "watch_folder"})
    EXPECT_EQ(attempt(call), kRefused) << call;
  EXPECT_EQ(attempt("set_flags"), "allowed");
}

TEST_F(Sandbox, the_permission_network_opens_sockets_but_never_raw_ones) {
  granted.network.allowed = {"*"};
  run();
  EXPECT_EQ(attempt("tcp_socket"), "allowed");
  EXPECT_EQ(attempt("raw_socket"), kRefused);
  EXPECT_EQ(attempt("packet_socket"), kRefused);
  EXPECT_EQ(attempt("unix_socket"), kRefused);
  EXPECT_EQ(lacking("network-namespace"), kWholeNetwork);
}

TEST_F(Sandbox, a_network_that_is_granted_by_name_is_reached_through_the_host_alone) {
  granted.network.allowed = {"hooks.example.com", "*.example.org"};
  run();
  EXPECT_EQ(attempt("tcp_socket"), kRefused);
  EXPECT_NE(lacking("network-namespace"), kWholeNetwork);
}

TEST_F(Sandbox, the_permission_files_opens_files_and_nothing_else) {
  const test::TemporaryDirectory mine;
  const std::string file = file_in(mine);
  granted.files.allowed = {"*"};
  run();
  for (const char* way : {"truncate ", "chmod ", "fchmodat ", "utimensat ", "empty ", "lend "})
    EXPECT_EQ(attempt(way + file), "allowed") << way;
  EXPECT_EQ(attempt("read_file"), "allowed");
  EXPECT_EQ(attempt("unix_socket"), "allowed");
  EXPECT_EQ(attempt("tcp_socket"), kRefused);
  EXPECT_EQ(attempt("execve"), kRefused);
}

TEST_F(Sandbox, files_beneath_other_paths_stay_closed) {
  const test::TemporaryDirectory mine;
  const test::TemporaryDirectory other;
  granted.files.allowed = {mine.path().string()};
  run();
  for (const char* way : {"open ", "rewrite ", "close_to_others ", "touch "})
    EXPECT_EQ(attempt(way + file_in(mine)), "allowed") << way;
  if (!lacking("files").empty()) GTEST_SKIP() << "Landlock: " << lacking("files");
  for (const char* way : {"open ", "rewrite "}) EXPECT_EQ(attempt(way + file_in(other)), "Permission denied") << way;
}

TEST_F(Sandbox, a_file_that_is_granted_by_its_name_is_written_anew) {
  const test::TemporaryDirectory mine;
  const std::string file = file_in(mine);
  granted.files.allowed = {file};
  run();
  EXPECT_EQ(attempt("rewrite " + file), "allowed");
}

TEST_F(Sandbox, a_file_is_shared_as_memory_where_it_is_granted_and_nowhere_else) {
  const test::TemporaryDirectory mine;
  const test::TemporaryDirectory other;
  const std::string file = file_in(mine);
  granted.files.allowed = {mine.path().string()};
  run();
  EXPECT_EQ(attempt("map " + file), "allowed");
  EXPECT_EQ(content_of(file), "m");
  if (!lacking("files").empty()) GTEST_SKIP() << "Landlock: " << lacking("files");
  // No file was opened, so there is none to be mapped.
  EXPECT_EQ(attempt("map " + file_in(other)), "Bad file descriptor");
}

TEST_F(Sandbox, without_a_grant_no_file_is_shared_as_memory) {
  const test::TemporaryDirectory folder;
  const std::string file = file_in(folder);
  run();
  EXPECT_NE(attempt("map " + file), "allowed");
  EXPECT_EQ(content_of(file), "a");
}

TEST_F(Sandbox, who_is_granted_some_paths_changes_no_file_by_a_name_that_landlock_does_not_see) {
  const test::TemporaryDirectory mine;
  const test::TemporaryDirectory other;
  granted.files.allowed = {mine.path().string()};
  run();
  for (const char* way : {"truncate ", "chmod ", "fchmodat ", "utimensat ", "empty ", "connect "}) {
    EXPECT_EQ(attempt(way + file_in(mine)), kRefused) << way;
    EXPECT_EQ(attempt(way + file_in(other)), kRefused) << way;
  }
  for (const char* way : {"open_to_others ", "lend "}) EXPECT_EQ(attempt(way + file_in(mine)), kRefused) << way;
}

TEST_F(Sandbox, who_is_granted_a_socket_by_its_path_may_connect) {
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "socket").string();
  const Socket there(path);
  granted.files.allowed = {path};
  run();
  EXPECT_EQ(attempt("connect " + path), "allowed");
}

TEST_F(Sandbox, sockets_without_a_path_are_closed_to_who_is_granted_one_with_a_path) {
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "socket").string();
  const std::string name = "slipway-" + std::to_string(::getpid());
  const Socket granted_one(path);
  const Socket there(std::string(1, '\0') + name);
  granted.files.allowed = {path};
  granted.network.allowed = {"*"};
  run();
  constexpr long kKnowsScopes = 6;
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < kKnowsScopes)
    GTEST_SKIP() << "Landlock here does not bound them";
  EXPECT_EQ(attempt("connect @" + name), kRefused);
}

TEST_F(Sandbox, what_is_in_force_is_told) {
  run();
  for (const char* name : {"empty-environment", "closed-descriptors", "parent-death", "no-new-privileges",
                           "no-capabilities", "limits", "not-traceable", "system-calls"}) {
    EXPECT_EQ(lacking(name), "") << name;
  }
}

TEST_F(Sandbox, its_environment_is_empty_and_it_has_no_descriptor_of_the_hosts) {
  const loader::Descriptor inherited(::open("/dev/null", O_RDONLY));  // not closed by exec
  run();
  EXPECT_EQ(say("inherited"), "0 variables, descriptors 0 1 2 3 4");
}

TEST_F(Sandbox, a_worker_of_root_has_a_user_of_its_own) {
  run();
  const std::int64_t own = ::geteuid() == 0 ? 0x7000'0000LL + worker->status().process : std::int64_t{::geteuid()};
  EXPECT_EQ(say("user"), std::to_string(own));
  EXPECT_EQ(lacking("own-user"), ::geteuid() == 0 ? "" : "the host does not run as root");
}

TEST_F(Sandbox, a_worker_that_is_granted_files_keeps_the_user_whose_they_are) {
  granted.files.allowed = {"/tmp"};
  run();
  EXPECT_EQ(say("user"), std::to_string(::geteuid()));
  EXPECT_EQ(lacking("own-user"),
            ::geteuid() == 0 ? "the permission \"files\" is granted" : "the host does not run as root");
}

TEST_F(Sandbox, a_worker_that_grows_past_its_limit_ends_and_the_host_does_not) {
  isolation.memory_bytes = std::uint64_t{64} << 20;
  run();
  EXPECT_THAT(call("grow").status().message, ::testing::StartsWith("its worker ended by signal 6 (Aborted)"));
  ASSERT_TRUE(runs_again());
  EXPECT_EQ(say("echo again"), "again");
}

TEST_F(Sandbox, no_memory_is_taken_beside_the_limit) {
  isolation.memory_bytes = std::uint64_t{64} << 20;
  run();
  EXPECT_EQ(attempt("grow_privately"), "Cannot allocate memory");
  for (const char* way : {"grow_shared", "grow_as_a_stack"}) EXPECT_EQ(attempt(way), kRefused) << way;
}

TEST_F(Sandbox, a_worker_with_a_user_of_its_own_has_no_more_threads_than_its_limit) {
  run();
  if (!lacking("own-user").empty()) GTEST_SKIP() << "own-user: " << lacking("own-user");
  const long threads = std::stol(say("grow_threads"));
  EXPECT_LE(threads, 1024);
  EXPECT_GT(threads, 100) << "it may have many";
}

TEST_F(Sandbox, each_that_a_site_may_require_is_told) {
  run();
  const Json schema = *parse_json(config::site_schema_text());
  for (const Json& name : schema["/properties/isolation/properties/required/items/enum"_json_pointer])
    EXPECT_NE(lacking(name.get<std::string>()), "there is none of that name") << name;
}

TEST_F(Sandbox, a_policy_may_require_a_protection_that_is_there) {
  isolation.required = {"system-calls", "no-new-privileges"};
  run();
  EXPECT_EQ(say("echo hello"), "hello");
}

TEST_F(Sandbox, a_protection_that_is_required_and_not_in_force_is_a_refusal) {
  granted.network.allowed = {"*"};
  isolation.required = {"network-namespace"};
  EXPECT_EQ(to_string(make().status()),
            "FAILED_PRECONDITION: tricks: the policy requires the protection \"network-namespace\", which is not in "
            "force: the permission \"network\" is granted for every destination; make it available or take it out of "
            "the policy");
}

TEST_F(Sandbox, a_protection_that_nobody_knows_is_a_refusal) {
  isolation.required = {"armour"};
  EXPECT_EQ(to_string(make().status()),
            "FAILED_PRECONDITION: tricks: the policy requires the protection \"armour\", which no worker has");
}

}  // namespace
}  // namespace slipway::isolation
