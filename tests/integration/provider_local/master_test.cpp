// HAProxy's master, when it answers nobody: it takes ten connections, and all of them are taken.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "tests/integration/provider_local/load.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

// Holds every connection that the master takes; the kernel queues those of others behind them.
class Crowd {
 public:
  explicit Crowd(const Place& place) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    place.path("run/master.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
    for (int& fd : fds_) {
      fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (::connect(fd, generic, sizeof address) != 0) throw std::runtime_error("the master takes no connection");
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    for (const int fd : fds_) ::close(fd);
  }

  // The master has left them all.
  [[nodiscard]] bool gone() const {
    const auto is_open = [](int fd) {
      char byte = 0;
      return ::recv(fd, &byte, 1, MSG_DONTWAIT) < 0;
    };
    return std::ranges::none_of(fds_, is_open);
  }

 private:
  std::array<int, 10> fds_{};
};

provider::Desired of_two_releases(std::int64_t generation, std::uint32_t weight) {
  return desired(generation,
                 {group("stable", release("1.0"), 1, kAllTraffic - weight), group("next", release("1.1"), 1, weight)});
}

provider::Desired blog() {
  auto wanted = desired(1, {group("stable", release("2.0"), 1, kAllTraffic)});
  wanted.application = "blog";
  wanted.hosts = {"blog.test"};
  return wanted;
}

TEST(SilentMaster, an_application_is_added_by_a_reload_that_fails_no_request_and_the_master_answers_again) {
  Place place;
  Provider provider(place);
  provider.converge(of_two_releases(1, 500'000));
  const int haproxy = place.haproxy_pid();
  Load load(place.port(), "shop.test");
  const Crowd crowd(place);
  provider.converge(blog());
  EXPECT_TRUE(crowd.gone());
  EXPECT_THAT(place.ask("master.sock", "show proc"), ::testing::HasSubstr("# workers"));
  EXPECT_EQ(ask_many(place.port(), "blog.test", 80).answers, (std::map<std::string, int>{{"2.0", 80}}));
  EXPECT_EQ(load.stop().failures, 0) << provider.log();
  EXPECT_EQ(place.haproxy_pid(), haproxy);
}

TEST(SilentMaster, a_worker_of_before_a_reload_is_reached_again_and_nothing_is_killed) {
  Place place;
  Provider provider(place);
  provider.converge(of_two_releases(1, 0));
  const int haproxy = place.haproxy_pid();
  Client held(place.port());
  ASSERT_EQ(held.get("shop.test").body, "1.0");
  provider.converge(blog());
  Load load(place.port(), "shop.test");
  const Crowd crowd(place);
  // Each of these wakes who looks after HAProxy.
  for (int generation = 2; generation < 5; ++generation)
    ASSERT_TRUE(provider.apply(of_two_releases(generation, generation % 2 == 0 ? 1 : 2)).ok());
  ASSERT_TRUE(wait_for([&] { return crowd.gone(); }, seconds(40))) << provider.log();
  provider.converge(of_two_releases(5, kAllTraffic));
  EXPECT_EQ(held.get("shop.test").body, "1.1") << "the old worker serves one more request on this connection";
  EXPECT_EQ(load.stop().failures, 0) << provider.log();
  EXPECT_EQ(place.haproxy_pid(), haproxy);
}

TEST(SilentMaster, a_new_life_takes_the_haproxy_that_serves) {
  Place place;
  std::optional<Provider> provider(std::in_place, place);
  provider->converge(of_two_releases(1, 500'000));
  const int haproxy = place.haproxy_pid();
  Load load(place.port(), "shop.test");
  const Crowd crowd(place);
  provider.reset();
  provider.emplace(place);
  provider->until([](const auto& o) { return o.converged; });
  ASSERT_TRUE(wait_for([&] { return crowd.gone(); }, seconds(40))) << provider->log();
  provider->converge(blog());
  EXPECT_EQ(load.stop().failures, 0) << provider->log();
  EXPECT_EQ(place.haproxy_pid(), haproxy);
}

}  // namespace
}  // namespace slipway::test
