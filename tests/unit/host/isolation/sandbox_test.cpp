#include <gmock/gmock.h>

#include "host/config/site_config.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

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
                           "raise_limit",    "write_file",    "read_file"}) {
    EXPECT_EQ(attempt(call), "Operation not permitted") << call;
  }
  EXPECT_EQ(attempt("getpid"), "allowed");
}

TEST_F(Sandbox, the_permission_network_opens_sockets_but_never_raw_ones) {
  granted.network.allowed = {"*"};
  run();
  EXPECT_EQ(attempt("tcp_socket"), "allowed");
  EXPECT_EQ(attempt("raw_socket"), "Operation not permitted");
  EXPECT_EQ(attempt("packet_socket"), "Operation not permitted");
  EXPECT_EQ(attempt("unix_socket"), "Operation not permitted");
  EXPECT_EQ(lacking("network-namespace"), "the permission \"network\" is granted");
}

TEST_F(Sandbox, the_permission_files_opens_files_and_nothing_else) {
  granted.files.allowed = {"*"};
  run();
  EXPECT_EQ(attempt("read_file"), "allowed");
  EXPECT_EQ(attempt("unix_socket"), "allowed");
  EXPECT_EQ(attempt("tcp_socket"), "Operation not permitted");
  EXPECT_EQ(attempt("execve"), "Operation not permitted");
}

TEST_F(Sandbox, files_beneath_other_paths_stay_closed) {
  const test::TemporaryDirectory mine;
  const test::TemporaryDirectory other;
  std::ofstream(mine.path() / "a") << "a";
  std::ofstream(other.path() / "a") << "a";
  granted.files.allowed = {mine.path().string()};
  run();
  EXPECT_EQ(attempt("open " + (mine.path() / "a").string()), "allowed");
  if (!lacking("files").empty()) GTEST_SKIP() << "Landlock: " << lacking("files");
  EXPECT_EQ(attempt("open " + (other.path() / "a").string()), "Permission denied");
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
            "force: the permission \"network\" is granted; make it available or take it out of the policy");
}

TEST_F(Sandbox, a_protection_that_nobody_knows_is_a_refusal) {
  isolation.required = {"armour"};
  EXPECT_EQ(to_string(make().status()),
            "FAILED_PRECONDITION: tricks: the policy requires the protection \"armour\", which no worker has");
}

}  // namespace
}  // namespace slipway::isolation
