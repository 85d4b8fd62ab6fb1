// What a release says of its processes, seen from outside: user, limits, and the kinds of readiness checks.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/integration/provider_local/load.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Options : public ::testing::Test {
 protected:
  provider::Desired one(const provider::Release& what) {
    return desired(++generation, {group("stable", what, 1, kAllTraffic)});
  }
  std::string text_of(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string of_replica(const char* file) {
    return text_of("/proc/" + std::to_string(place.replica_pids("shop").at("1.0-1")) + "/" + file);
  }
  std::string work(const char* file) { return place.path("state/work/acme.shop/1.0-1/") + file; }

  Place place;
  Provider provider{place};
  std::int64_t generation = 0;
};

TEST_F(Options, a_replica_runs_as_the_user_of_its_release_and_with_nothing_of_roots) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become another user";
  std::filesystem::permissions(place.path(""), std::filesystem::perms(0711));
  std::filesystem::copy_file(REPLICA_PROGRAM, place.path("program"));
  auto what = release("1.0");
  what.command = {"/bin/sh", "-c", "cp conf mine && exec " + place.path("program") + " --version 1.0"};
  what.files = {{"conf", "a file of its own"}};
  what.user = "nobody";
  provider.converge(one(what));
  const std::string status = of_replica("status");
  EXPECT_THAT(status, HasSubstr("Uid:\t65534\t65534\t65534\t65534"));
  EXPECT_THAT(status, HasSubstr("Gid:\t65534\t65534\t65534\t65534"));
  EXPECT_THAT(status, ContainsRegex("Groups:\t(65534 )?\n"));
  EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_EQ(text_of(work("mine")), "a file of its own") << "the working directory is its own to write to";
  EXPECT_EQ(ask_many(place.port(), "shop.test", 40).answers, (std::map<std::string, int>{{"1.0", 40}}));
}

TEST_F(Options, what_keeps_a_releases_user_from_its_folder_is_named_with_the_way_out) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become another user";
  std::filesystem::permissions(place.path(""), std::filesystem::perms(0700));
  auto what = release("1.0");
  what.user = "nobody";
  ASSERT_TRUE(provider.apply(one(what)).ok());
  // Before it has tried, there is no ready replica.
  const std::string why = "its folder: Permission denied; the release's user has to pass through";
  const auto seen = provider.until([&](const auto& o) { return of(o, "1.0").problem.find(why) != std::string::npos; });
  EXPECT_THAT(of(seen, "1.0").problem, HasSubstr("chmod o+x"));
}

TEST_F(Options, the_limits_of_a_release_are_those_of_its_processes) {
  auto what = release("1.0");
  what.limits = {.open_files = 77, .memory_bytes = 1LL << 47, .processes = 5'000, .core_bytes = 8'192};
  provider.converge(one(what));
  const std::string limits = of_replica("limits");
  EXPECT_THAT(limits, ContainsRegex("Max open files +77 +77 "));
  EXPECT_THAT(limits, ContainsRegex("Max address space +140737488355328 +140737488355328 "));
  EXPECT_THAT(limits, ContainsRegex("Max processes +5000 +5000 "));
  EXPECT_THAT(limits, ContainsRegex("Max core file size +8192 +8192 "));
}

TEST_F(Options, readiness_by_tcp_wants_an_open_port_and_nothing_more) {
  auto what = release("1.0", {"--unready"});  // its HTTP check would say 503
  what.readiness.kind = provider::CheckKind::tcp;
  provider.converge(one(what));
  EXPECT_EQ(ask_many(place.port(), "shop.test", 40).answers, (std::map<std::string, int>{{"1.0", 40}}));
  auto deaf = release("1.1");
  deaf.command = {"/bin/sleep", "60"};
  deaf.readiness.kind = provider::CheckKind::tcp;
  auto wanted = one(what);
  wanted.groups.push_back(group("next", deaf, 1, 0));
  ASSERT_TRUE(provider.apply(wanted).ok());
  const auto seen =
      provider.until([](const auto& o) { return of(o, "1.1").problem.find("readiness") != std::string::npos; });
  EXPECT_EQ(of(seen, "1.1").ready, 0);
  EXPECT_THAT(of(seen, "1.1").problem,
              ContainsRegex("1.1-[0-9]+ does not pass its readiness check .TCP.: Connection refused"));
}

TEST_F(Options, readiness_may_be_as_slow_as_its_timeout_says_for_haproxy_too) {
  auto what = release("1.0", {"--health-delay", "700"});
  what.readiness.timeout = seconds(2);
  provider.converge(one(what));
  EXPECT_EQ(ask_many(place.port(), "shop.test", 40).answers, (std::map<std::string, int>{{"1.0", 40}}));
  EXPECT_THAT(place.ask("haproxy.sock", "show stat acme.shop.a 4 -1"), ContainsRegex("1.0-1,.*,UP,.*L7OK"));
}

TEST_F(Options, readiness_by_a_command_is_its_exit_status_in_the_replicas_own_folder) {
  auto what = release("1.0");
  what.readiness.kind = provider::CheckKind::command;
  what.readiness.command = {"/bin/sh", "-c", "test -n \"$PORT\" && test -e open"};
  ASSERT_TRUE(provider.apply(one(what)).ok());
  const auto waiting =
      provider.until([](const auto& o) { return of(o, "1.0").problem.find("readiness") != std::string::npos; });
  EXPECT_EQ(of(waiting, "1.0").ready, 0);
  EXPECT_THAT(of(waiting, "1.0").problem, ContainsRegex("1.0-[0-9]+ does not pass its readiness check .*status 1"));
  std::ofstream(work("open")) << "yes";
  provider.until([](const auto& o) { return of(o, "1.0").ready == 1 && o.converged; });
  EXPECT_EQ(ask_many(place.port(), "shop.test", 40).answers, (std::map<std::string, int>{{"1.0", 40}}));
}

}  // namespace
}  // namespace slipway::test
