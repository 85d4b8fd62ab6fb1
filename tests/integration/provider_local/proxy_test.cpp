// HAProxy as a process, and everything that outlives the control plane.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/integration/provider_local/load.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

// A control plane in a process of its own.
class Driver {
 public:
  Driver(const Place& place, const provider::Desired& wanted) {
    std::ofstream(place.path("config.json")) << to_text(place.config());
    std::ofstream(place.path("desired.json")) << encode_text(wanted);
    const std::string config = place.path("config.json"), target = place.path("desired.json");
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], 1);
      ::execl(PROVIDER_DRIVER, PROVIDER_DRIVER, config.c_str(), target.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char word[6] = {};
    ready_ = ::read(ends[0], word, 5) == 5 && std::string(word) == "ready";
    ::close(ends[0]);
  }
  ~Driver() { kill(SIGKILL); }
  void kill(int number) {
    if (pid_ <= 0) return;
    ::kill(pid_, number);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }
  [[nodiscard]] bool ready() const { return ready_; }

 private:
  int pid_ = 0;
  bool ready_ = false;
};

// Listens on a port without sharing it.
class Squatter {
 public:
  explicit Squatter(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, generic, sizeof address) != 0 || ::listen(fd_, 1) != 0) throw std::runtime_error("cannot listen");
  }
  Squatter(const Squatter&) = delete;
  Squatter& operator=(const Squatter&) = delete;
  ~Squatter() { ::close(fd_); }

 private:
  int fd_;
};

provider::Desired half_and_half(std::int64_t generation) {
  return desired(generation, {group("stable", release("1.0"), 2, 500'000), group("next", release("1.1"), 1, 500'000)});
}

TEST(Outliving, a_killed_control_plane_leaves_traffic_alone_and_its_successor_adopts_everything) {
  Place place;
  Driver first(place, half_and_half(1));
  ASSERT_TRUE(first.ready());
  const auto replicas = place.replica_pids("shop");
  const int haproxy = place.haproxy_pid();
  ASSERT_EQ(replicas.size(), 3U);
  Load load(place.port(), "shop.test");
  first.kill(SIGKILL);
  load.mark();
  ASSERT_TRUE(wait_for([&] { return load.so_far().total() > 200; }));

  Provider second(place);
  const auto seen = second.until([](const auto& o) { return o.converged; });
  EXPECT_EQ(seen.generation, 1);
  EXPECT_EQ(of(seen, "1.1").weight, 500'000U);
  EXPECT_EQ(of(seen, "1.0").restarts, 0);
  EXPECT_EQ(place.haproxy_pid(), haproxy);
  EXPECT_EQ(place.replica_pids("shop"), replicas);

  EXPECT_EQ(load.so_far().failures, 0) << "while everything was adopted";
  second.converge(desired(2, {group("stable", release("1.1"), 1, kAllTraffic)}));
  const Counts counts = load.stop();
  EXPECT_EQ(counts.failures, 0) << "from the kill to the end of the rollout: "
                                << ::testing::PrintToString(counts.answers) << second.log()
                                << place.ask("master.sock", "show proc") << place.ask("haproxy.sock", "show stat");
  for (const auto& [id, pid] : replicas) EXPECT_EQ(exists(pid), id.starts_with("1.1")) << id;
}

TEST(Outliving, a_replica_that_died_while_nobody_looked_is_started_again) {
  Place place;
  Driver first(place, half_and_half(1));
  ASSERT_TRUE(first.ready());
  const int victim = place.replica_pids("shop").at("1.1-3");
  first.kill(SIGKILL);
  ::kill(victim, SIGKILL);
  Provider second(place);
  const auto seen = second.until([](const auto& o) { return o.converged && of(o, "1.1").restarts == 1; });
  EXPECT_EQ(of(seen, "1.1").ready, 1);
}

TEST(Haproxy, when_it_is_killed_it_comes_back_in_the_wanted_state) {
  Place place;
  Provider provider(place);
  provider.converge(half_and_half(1));
  auto wanted = half_and_half(2);
  wanted.groups[0].weight = 0;
  wanted.groups[1].weight = kAllTraffic;
  provider.converge(wanted);
  const int before = place.haproxy_pid();
  ::kill(before, SIGKILL);
  ASSERT_TRUE(wait_for([&] { return exists(place.haproxy_pid()) && place.haproxy_pid() != before; }));
  provider.until([](const auto& o) { return o.converged; });
  EXPECT_EQ(ask_many(place.port(), "shop.test", 200).answers, (std::map<std::string, int>{{"1.1", 200}}));
}

TEST(Haproxy, when_its_worker_is_killed_it_comes_back) {
  Place place;
  Provider provider(place);
  provider.converge(half_and_half(1));
  const std::string table = place.ask("master.sock", "show proc");
  const auto at = table.find("# workers\n");
  ASSERT_NE(at, table.npos) << table;
  const int before = place.haproxy_pid();
  ::kill(std::atoi(table.c_str() + at + 10), SIGKILL);
  ASSERT_TRUE(wait_for([&] { return exists(place.haproxy_pid()) && place.haproxy_pid() != before; }));
  provider.until([](const auto& o) { return o.converged; });
  EXPECT_EQ(ask_many(place.port(), "shop.test", 200).failures, 0);
}

TEST(Haproxy, one_that_hangs_is_killed_and_started_again) {
  Place place;
  Provider provider(place);
  provider.converge(half_and_half(1));
  const int before = place.haproxy_pid();
  ::kill(-before, SIGSTOP);
  ASSERT_TRUE(wait_for([&] { return exists(place.haproxy_pid()) && place.haproxy_pid() != before; }, seconds(30)));
  provider.until([](const auto& o) { return o.converged; });
  EXPECT_EQ(ask_many(place.port(), "shop.test", 200).failures, 0);
}

// How often the master was told to load its file again.
int reloads(const Place& place) {
  std::istringstream rows(place.ask("master.sock", "show proc"));
  for (std::string row; std::getline(rows, row);) {
    std::istringstream fields(row);
    std::string pid, type;
    int count = 0;
    if (fields >> pid >> type >> count && type == "master") return count;
  }
  return -1;
}

// In the backends of the application, over its replicas.
int requests_under_way(const Place& place) {
  std::istringstream rows(place.ask("haproxy.sock", "show stat -1 2 -1"));
  int sum = 0;
  for (std::string row; std::getline(rows, row);) {
    std::istringstream fields(row);
    std::string field;
    for (int i = 0; i < 5; ++i) std::getline(fields, field, ',');
    if (row.starts_with("acme.shop.")) sum += std::atoi(field.c_str());
  }
  return sum;
}

TEST(Haproxy, an_application_costs_one_reload_and_its_releases_none) {
  Place place;
  Provider provider(place);
  ASSERT_TRUE(wait_for([&] { return !place.ask("haproxy.sock", "show info").empty() && reloads(place) == 0; }));
  // An application is made before it has a release.
  provider.converge(desired(1, {}));
  provider.converge(desired(2, {group("stable", release("1.0"), 1, kAllTraffic)}));
  EXPECT_EQ(reloads(place), 1);
  provider.converge(half_and_half(3));
  EXPECT_EQ(reloads(place), 1);
}

TEST(Haproxy, another_application_is_added_by_a_reload_that_fails_no_request_and_shifts_reach_old_workers) {
  Place place;
  Provider provider(place);
  provider.converge(half_and_half(1));
  auto wanted = half_and_half(2);
  wanted.groups[0].weight = kAllTraffic;
  wanted.groups[1].weight = 0;
  provider.converge(wanted);
  // A connection that the old worker keeps over the reload.
  Client held(place.port());
  ASSERT_EQ(held.get("shop.test").body, "1.0");
  Load load(place.port(), "shop.test");

  auto other = desired(1, {group("stable", release("2.0"), 1, kAllTraffic)});
  other.application = "blog";
  other.hosts = {"blog.test"};
  provider.converge(other);
  EXPECT_EQ(ask_many(place.port(), "blog.test", 80).answers, (std::map<std::string, int>{{"2.0", 80}}));

  wanted.generation = 3;
  wanted.groups[0].weight = 0;
  wanted.groups[1].weight = kAllTraffic;
  ASSERT_TRUE(provider.apply(wanted).ok());
  EXPECT_EQ(held.get("shop.test").body, "1.1") << "the old worker serves one more request on this connection";
  EXPECT_EQ(load.stop().failures, 0);

  ASSERT_TRUE(provider.remove("blog").ok());
  ASSERT_TRUE(wait_for([&] {
    return provider.observe("blog").problems ==
           std::vector<std::string>{"NOT_FOUND: application \"blog\" was never applied here"};
  }));
  Client client(place.port());
  EXPECT_TRUE(wait_for([&] { return client.get("blog.test").status == 404; }));
  EXPECT_EQ(client.get("shop.test").status, 200);
}

TEST(Haproxy, changed_hosts_are_served_once_it_has_converged_and_those_of_before_are_not) {
  Place place;
  Provider provider(place);
  auto wanted = desired(1, {group("stable", release("1.0"), 1, kAllTraffic)});
  provider.converge(wanted);
  const int reloaded = reloads(place);
  Client client(place.port());
  std::string before = "shop.test";
  for (const char* host : {"second.test", "third.test"}) {
    ++wanted.generation;
    wanted.hosts = {host};
    provider.converge(wanted);
    EXPECT_EQ(client.get(host).status, 200) << host;
    EXPECT_EQ(client.get(before).status, 404) << before;
    before = host;
  }
  EXPECT_EQ(reloads(place), reloaded);
}

TEST(Haproxy, a_host_that_two_want_stays_with_who_has_it_and_the_other_says_so_until_it_is_free) {
  Place place;
  std::optional<Provider> provider(std::in_place, place);
  provider->converge(desired(1, {group("stable", release("1.0"), 1, kAllTraffic)}));
  auto other = desired(1, {group("stable", release("2.0"), 1, kAllTraffic)});
  other.application = "blog";  // before "shop" in order
  ASSERT_TRUE(provider->apply(other).ok());
  const auto refused = [](const provider::Observation& o) {
    return std::ranges::find(o.problems,
                             "the host \"shop.test\" is served for another application already, which keeps it; name "
                             "other hosts") != o.problems.end();
  };
  const auto waits = [&](const provider::Observation& o) { return refused(o) && of(o, "2.0").ready == 1; };
  EXPECT_FALSE(provider->until(waits, "blog").converged);
  Client client(place.port());
  EXPECT_EQ(client.get("shop.test").body, "1.0");
  provider.reset();
  provider.emplace(place);
  provider->until([](const auto& o) { return o.converged; });
  EXPECT_FALSE(provider->until(waits, "blog").converged) << "also after a new start";
  EXPECT_EQ(client.get("shop.test").body, "1.0");
  ASSERT_TRUE(provider->remove().ok());
  provider->until([](const auto& o) { return o.converged; }, "blog");
  EXPECT_EQ(client.get("shop.test").body, "2.0");
}

TEST(Haproxy, a_changed_timeout_comes_by_one_reload_that_leaves_what_is_under_way_its_old_one) {
  Place place;
  auto wanted = desired(1, {group("stable", release("1.0", {"--delay", "4000"}), 1, kAllTraffic)});
  Client before(place.port());
  std::optional<Provider> provider(std::in_place, place);
  provider->converge(wanted);
  const int haproxy = place.haproxy_pid();
  const int reloaded = reloads(place);
  std::atomic<bool> answered = false;
  std::jthread slow([&] {
    EXPECT_EQ(before.get("shop.test").status, 200) << "under way, with 30s of patience";
    answered = true;
  });
  ASSERT_TRUE(wait_for([&] { return requests_under_way(place) == 1; }));

  provider.reset();
  provider.emplace(place, Json{{"haproxy", {{"timeouts", {{"server", "200ms"}}}, {"retries", 0}}}});
  const bool is_reloaded = wait_for([&] { return reloads(place) == reloaded + 1; });
  EXPECT_FALSE(answered) << "or it was not under way while HAProxy was reloaded";
  slow.join();
  ASSERT_TRUE(is_reloaded) << provider->log();
  provider->until([](const auto& o) { return o.converged; });
  EXPECT_EQ(place.haproxy_pid(), haproxy);
  EXPECT_EQ(ask_many(place.port(), "shop.test", 2, 2).failures, 2);
  Client after(place.port());
  EXPECT_EQ(after.get("shop.test").status, 504);
}

TEST(Haproxy, a_timeout_that_haproxy_cannot_keep_is_refused_by_name) {
  Place place;
  for (const char* value : {"0s", "600h"}) {
    const Json config{{"haproxy", {{"timeouts", {{"tunnel", value}}}}}};
    EXPECT_THAT([&] { Provider provider(place, config); },
                ::testing::ThrowsMessage<Error>(std::string("haproxy.timeouts.tunnel is ") + value +
                                                "; want a time from 1ms to 576h"));
  }
}

TEST(Haproxy, a_port_that_is_taken_is_refused_at_once_with_who_has_it_though_both_could_bind) {
  Place place;
  const Squatter squatter(place.port());
  EXPECT_THAT([&] { Provider provider(place); },
              ::testing::ThrowsMessage<Error>("haproxy.bind 127.0.0.1:" + std::to_string(place.port()) +
                                              ": provider_local_integration (pid " + std::to_string(::getpid()) +
                                              ") listens there already; end it, or set haproxy.bind to another port"));
}

TEST(Haproxy, a_new_life_beside_its_own_haproxy_is_not_refused) {
  Place place;
  {
    Provider first(place);
    ASSERT_TRUE(wait_for([&] { return place.haproxy_pid() != 0; }));
  }
  EXPECT_NO_THROW(Provider second(place));
}

TEST(Haproxy, a_program_that_is_no_haproxy_is_refused_at_once) {
  Place place;
  const Json config{{"haproxy", {{"binary", "/bin/true"}}}};
  EXPECT_THAT([&] { Provider provider(place, config); },
              ::testing::ThrowsMessage<Error>(
                  "haproxy.binary \"/bin/true\" is no HAProxy: it does not say its version when it is run with -v"));
}

}  // namespace
}  // namespace slipway::test
