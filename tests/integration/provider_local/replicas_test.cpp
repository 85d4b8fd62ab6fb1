// Replicas as processes: how they start, fail, stop, and what they are given.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>

#include <fstream>
#include <sstream>

#include "tests/integration/provider_local/load.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Replicas : public ::testing::Test {
 protected:
  provider::Desired one(const provider::Release& what) {
    return desired(++generation, {group("stable", what, 1, kAllTraffic)});
  }

  // It passes its liveness check until it gets this request, and again when it was restarted.
  bool is_restarted_after(const std::string& path, provider::Release what) {
    what.liveness->interval = milliseconds(50);
    what.liveness->failures = 2;
    provider.converge(one(what));
    const int before = place.replica_pids("shop").at("1.0-1");
    EXPECT_EQ(ask_many(place.port(), "shop.test", 200).failures, 0);
    EXPECT_EQ(of(provider.observe(), "1.0").restarts, 0);
    EXPECT_EQ(Client(place.port()).get("shop.test", "", path).status, 200);
    provider.until([](const auto& o) { return of(o, "1.0").restarts == 1 && o.converged; });
    return !exists(before) && Client(place.port()).get("shop.test").body == "1.0";
  }

  Place place;
  Provider provider{place};
  std::int64_t generation = 0;
};

// The numbers of the whole lines that --lines writes; nothing when there is anything else.
std::vector<int> numbers_in(const std::string& path) {
  std::ifstream file(path);
  std::vector<int> numbers;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    int number = 0;
    if (std::sscanf(line.c_str(), "line %8d of a replica that goes on writing", &number) != 1) return {};
    numbers.push_back(number);
  }
  return numbers;
}

// Everything below a folder, as one text.
std::string all_text(const std::string& folder) {
  std::stringstream text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) text << std::ifstream(entry.path()).rdbuf();
  }
  return text.str();
}

TEST_F(Replicas, one_that_is_killed_is_started_again) {
  provider.converge(one(release("1.0")));
  const int pid = place.replica_pids("shop").at("1.0-1");
  ::kill(pid, SIGKILL);
  const auto seen = provider.until([](const auto& o) { return of(o, "1.0").restarts == 1 && o.converged; });
  EXPECT_EQ(of(seen, "1.0").ready, 1);
  EXPECT_EQ(of(seen, "1.0").crashing, 0);
  EXPECT_EQ(ask_many(place.port(), "shop.test", 40).answers, (std::map<std::string, int>{{"1.0", 40}}));
}

// Room for what a provider writes, and no more. Ends after who writes there.
class SmallDisk {
 public:
  SmallDisk() : mounted_(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=2m,mode=0700") == 0) {}
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  void carry(const Place& place, const char* folder) const {
    std::filesystem::create_directory(directory_.path() / folder);
    std::filesystem::create_directory_symlink(directory_.path() / folder, place.path(folder));
  }
  void fill() const {
    std::ofstream file(filler());
    for (const std::string block(4096, 'x'); file << block << std::flush;) continue;
  }
  void make_room() const { std::filesystem::remove(filler()); }

 private:
  [[nodiscard]] std::string filler() const { return directory_.path() / "filler"; }
  TemporaryDirectory directory_;
  bool mounted_;
};

TEST(Disk, that_is_full_when_a_replica_is_killed_is_told_and_the_replica_comes_back_once_there_is_room) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "only root may mount a disk";
  Place place;
  for (const char* folder : {"state", "run"}) disk.carry(place, folder);
  Provider provider(place);
  const auto wanted = desired(1, {group("stable", release("1.0"), 2, kAllTraffic)});
  provider.converge(wanted);
  disk.fill();
  ::kill(place.replica_pids("shop").at("1.0-1"), SIGKILL);
  const auto seen = provider.until([](const auto& o) { return !o.problems.empty(); });
  EXPECT_THAT(seen.problems, ::testing::Contains(HasSubstr("No space left on device")));
  EXPECT_EQ(of(seen, "1.0").ready, 1);
  auto refused = wanted;
  refused.generation = 2;
  EXPECT_FALSE(provider.apply(refused).ok());
  EXPECT_EQ(ask_many(place.port(), "shop.test", 80).answers, (std::map<std::string, int>{{"1.0", 80}}));
  disk.make_room();
  provider.until([](const auto& o) { return o.converged && of(o, "1.0").ready == 2; });
  EXPECT_EQ(ask_many(place.port(), "shop.test", 80).answers, (std::map<std::string, int>{{"1.0", 80}}));
}

TEST_F(Replicas, house_is_kept_also_of_haproxys_log_and_of_artefacts_that_nobody_needs) {
  provider.converge(one(release("1.0")));
  const std::filesystem::path log = place.path("run") + "/haproxy.log";
  std::ofstream(log, std::ios::app) << std::string(std::size_t{11} << 20, 'x');
  const std::filesystem::path left = place.path("state") + "/artefacts/" + std::string(64, 'a');
  std::filesystem::create_directories(left / "bin");
  EXPECT_TRUE(wait_for([&] { return !std::filesystem::exists(left) && std::filesystem::file_size(log) < 1000; }));
  EXPECT_GT(std::filesystem::file_size(log.string() + ".1"), std::uintmax_t{11} << 20);
}

TEST(Logs, of_a_replica_that_goes_on_writing_are_cut_without_a_hole_and_its_lines_go_on) {
  constexpr std::uintmax_t kMost = 4096;
  Place place;
  Provider provider(place, {{"logs", {{"max_bytes", kMost}, {"keep", 2}}}});
  provider.converge(desired(1, {group("stable", release("1.0", {"--lines"}), 1, kAllTraffic)}));
  const std::string log = place.path("state/logs/acme.shop/1.0-1.log");
  ASSERT_TRUE(wait_for([&] { return std::filesystem::exists(log + ".2"); }, seconds(30)));
  ASSERT_TRUE(wait_for([&] { return std::filesystem::file_size(log) < kMost; }, seconds(30))) << "it is cut";
  ASSERT_TRUE(wait_for([&] { return std::filesystem::file_size(log) > kMost; }, seconds(30))) << "and written to again";
  provider.converge(desired(2, {}));
  int before = 0;
  for (const char* which : {".2", ".1", ""}) {
    const std::vector<int> numbers = numbers_in(log + which);
    ASSERT_FALSE(numbers.empty()) << log << which << " has something else than the replica's lines";
    EXPECT_GT(numbers.front(), before) << which;
    EXPECT_EQ(numbers.back() - numbers.front() + 1, std::ssize(numbers)) << "one after the other" << which;
    before = numbers.back();
  }
}

TEST_F(Replicas, one_that_keeps_ending_is_reported_as_a_crash_loop_with_its_log) {
  ASSERT_TRUE(provider.apply(one(release("1.0", {"--unready", "--crash-after", "20"}))).ok());
  const auto seen = provider.until([](const auto& o) { return of(o, "1.0").crashing == 1; });
  EXPECT_EQ(of(seen, "1.0").ready, 0);
  EXPECT_GE(of(seen, "1.0").restarts, 3);
  const auto named =
      provider.until([](const auto& o) { return of(o, "1.0").problem.find("in a row") != std::string::npos; });
  EXPECT_THAT(
      of(named, "1.0").problem,
      ContainsRegex("replica 1.0-1 exited with status 3 after [0-9]+.[0-9] s, [0-9]+ times in a row; started again in "
                    "0.[0-9] s; see .*1.0-1.log"));
}

TEST_F(Replicas, one_that_never_gets_ready_stays_without_traffic_and_says_why) {
  ASSERT_TRUE(provider.apply(one(release("1.0", {"--unready"}))).ok());
  const auto seen =
      provider.until([](const auto& o) { return of(o, "1.0").problem.find("HTTP") != std::string::npos; });
  EXPECT_EQ(of(seen, "1.0").ready, 0);
  EXPECT_THAT(of(seen, "1.0").problem,
              HasSubstr("replica 1.0-1 does not pass its readiness check (GET /healthz): HTTP status 503"));
}

TEST_F(Replicas, a_program_that_is_not_there_is_named) {
  auto missing = release("1.0");
  missing.command = {"/nowhere/program"};
  ASSERT_TRUE(provider.apply(one(missing)).ok());
  const auto seen = provider.until([](const auto& o) { return of(o, "1.0").problem.starts_with("replica"); });
  EXPECT_EQ(of(seen, "1.0").problem,
            "replica 1.0-1 can't start: cannot start \"/nowhere/program\": the program: No such file or directory");
}

TEST_F(Replicas, one_that_ignores_sigterm_is_killed_after_its_grace) {
  auto stubborn = release("1.0", {"--ignore-term"});
  stubborn.stop_grace = milliseconds(300);
  provider.converge(one(stubborn));
  const int pid = place.replica_pids("shop").at("1.0-1");
  provider.converge(one(release("1.1")));
  EXPECT_FALSE(exists(pid));
  EXPECT_THAT(provider.log(), HasSubstr("replica 1.0-1 of shop did not end within 300ms of SIGTERM and is killed"));
}

TEST_F(Replicas, a_secret_reaches_the_environment_and_no_file) {
  auto what = release("1.0");
  what.secrets = {{"DB_PASSWORD", "env:DB"}};
  what.env = {{"GREETING", "hello on ${PORT}"}};
  provider.converge(one(what));
  Client client(place.port());
  EXPECT_EQ(client.get("shop.test", "", "/env/DB_PASSWORD").body, "the value of env:DB");
  EXPECT_THAT(client.get("shop.test", "", "/env/GREETING").body, ContainsRegex("^hello on [0-9]+$"));
  EXPECT_EQ(all_text(place.path("")).find("the value of env:DB"), std::string::npos);
  EXPECT_EQ(provider.log().find("the value of"), std::string::npos);
}

TEST_F(Replicas, files_lie_in_a_working_directory_of_their_own_that_goes_with_them) {
  auto what = release("1.0");
  what.command = {"/bin/sh", "-c", "cat conf/greeting > seen; exec " REPLICA_PROGRAM " --version 1.0"};
  what.files = {{"conf/greeting", "good morning"}};
  provider.converge(one(what));
  const std::string folder = place.path("state/work/acme.shop/1.0-1");
  EXPECT_EQ(all_text(folder), "good morninggood morning");
  ASSERT_TRUE(provider.remove().ok());
  EXPECT_TRUE(wait_for([&] { return !std::filesystem::exists(folder); }));
}

TEST_F(Replicas, an_archive_with_another_digest_is_refused_and_the_right_one_runs) {
  const std::string source = place.path("source");
  std::filesystem::create_directories(source);
  std::filesystem::copy_file(REPLICA_PROGRAM, source + "/program");
  const std::string archive = place.path("app.tar.gz");
  ASSERT_EQ(std::system(("tar -C " + source + " -czf " + archive + " program").c_str()), 0);
  FILE* pipe = ::popen(("sha256sum " + archive).c_str(), "r");
  char digest[65] = {};
  ASSERT_EQ(std::fread(digest, 1, 64, pipe), 64U);
  ::pclose(pipe);

  auto what = release("1.0");
  what.command = {"${ARTEFACT}/program", "--version", "1.0"};
  what.artefact = {.path = "", .archive = archive, .digest = "sha256:" + std::string(64, '0')};
  ASSERT_TRUE(provider.apply(one(what)).ok());
  const auto refused = provider.until([](const auto& o) { return of(o, "1.0").problem.starts_with("replica"); });
  EXPECT_EQ(of(refused, "1.0").problem,
            "replica 1.0-1 can't start: \"" + archive + "\" has the digest sha256:" + digest +
                ", but the release names sha256:" + std::string(64, '0') +
                "; it is another file than the one released: put that one back, or make a release of this one");
  what.version = "1.0.1";
  what.artefact.digest = std::string("sha256:") + digest;
  provider.converge(one(what));
  EXPECT_EQ(ask_many(place.port(), "shop.test", 40).answers, (std::map<std::string, int>{{"1.0", 40}}));
}

TEST_F(Replicas, a_program_that_was_overwritten_after_its_release_is_not_run) {
  const std::string program = place.path("program");
  std::filesystem::copy_file(REPLICA_PROGRAM, program);
  auto what = release("1.0");
  what.command = {"${ARTEFACT}", "--version", "1.0"};
  what.artefact.path = program;
  provider.converge(one(what));
  std::filesystem::copy_file("/bin/sleep", program + ".new");
  std::filesystem::rename(program + ".new", program);
  ::kill(place.replica_pids("shop").at("1.0-1"), SIGKILL);
  const auto refused =
      provider.until([](const auto& o) { return of(o, "1.0").problem.find("can't start") != std::string::npos; });
  EXPECT_THAT(of(refused, "1.0").problem,
              ContainsRegex("is another file than the one released: put that one back, or make a release of this one"));
  std::filesystem::copy_file(REPLICA_PROGRAM, program + ".new");
  std::filesystem::rename(program + ".new", program);
  provider.until([](const auto& o) { return o.converged; });
}

TEST_F(Replicas, a_failed_liveness_check_restarts_the_replica) {
  auto what = release("1.0");
  what.liveness = provider::Check{};
  what.liveness->kind = provider::CheckKind::command;
  what.liveness->command = {"/bin/sh", "-c", "test ! -e sick || { rm sick; exit 1; }"};
  what.liveness->interval = milliseconds(50);
  what.liveness->failures = 1;
  provider.converge(one(what));
  const int before = place.replica_pids("shop").at("1.0-1");
  std::ofstream(place.path("state/work/acme.shop/1.0-1/sick")) << "yes";
  provider.until([](const auto& o) { return of(o, "1.0").restarts == 1 && o.converged; });
  EXPECT_FALSE(exists(before));
}

TEST_F(Replicas, a_failed_liveness_check_by_http_restarts_the_replica) {
  auto what = release("1.0");
  what.liveness = provider::Check{};
  what.liveness->path = "/alive";
  EXPECT_TRUE(is_restarted_after("/sick", what));
}

TEST_F(Replicas, a_failed_liveness_check_by_tcp_restarts_the_replica) {
  auto what = release("1.0");
  what.liveness = provider::Check{};
  what.liveness->kind = provider::CheckKind::tcp;
  EXPECT_TRUE(is_restarted_after("/deaf", what));
}

TEST_F(Replicas, what_the_provider_cannot_run_is_refused_with_every_reason) {
  auto wrong = one(release("1.0"));
  wrong.groups[0].release.command = {""};
  wrong.groups[0].weight = 5;
  wrong.groups[0].release.user = "nobody-here";
  const Status status = provider.apply(wrong);
  EXPECT_EQ(status.code, Code::invalid_argument);
  ASSERT_EQ(status.problems.size(), 3U);
  EXPECT_EQ(status.problems[0].message, "release 1.0: the command is empty; want a program");
  EXPECT_EQ(status.problems[1].message, "release 1.0: there is no user \"nobody-here\" on this machine");
  EXPECT_EQ(status.problems[2].message, "the weights add up to 5; want 1000000, or 0 to serve nothing");
}

TEST_F(Replicas, an_older_generation_or_token_is_refused) {
  auto wanted = desired(7, {group("stable", release("1.0"), 1, kAllTraffic)});
  wanted.token = 3;
  provider.converge(wanted);
  EXPECT_TRUE(provider.apply(wanted).ok()) << "the same again is a repetition";
  wanted.generation = 6;
  EXPECT_EQ(provider.apply(wanted).message,
            "application \"shop\": the generation 6 is older than 7, which was applied already; somebody else has "
            "taken over");
  wanted.generation = 8;
  wanted.token = 2;
  EXPECT_EQ(provider.apply(wanted).code, Code::aborted);
  EXPECT_EQ(provider.observe().generation, 7);
}

}  // namespace
}  // namespace slipway::test
