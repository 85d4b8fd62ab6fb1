// Who gets which request, and that none fails while that changes.
#include <gmock/gmock.h>
#include <signal.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/integration/provider_local/load.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

using provider::Sticky;

std::vector<provider::DesiredGroup> split(std::uint32_t next, const provider::Release& stable_release = release("1.0"),
                                          const provider::Release& next_release = release("1.1")) {
  return {group("stable", stable_release, 2, kAllTraffic - next), group("next", next_release, 1, next)};
}

// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, for texts of less than 16 bytes.
std::uint32_t xxh32(const std::string& text) {
  constexpr std::uint32_t kPrime1 = 2654435761U, kPrime2 = 2246822519U, kPrime3 = 3266489917U, kPrime4 = 668265263U,
                          kPrime5 = 374761393U;
  std::uint32_t hash = kPrime5 + static_cast<std::uint32_t>(text.size());
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i)
      word |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])) << (8 * i);
    hash = std::rotl(hash + word * kPrime3, 17) * kPrime4;
  }
  for (; at < text.size(); ++at) hash = std::rotl(hash + static_cast<unsigned char>(text[at]) * kPrime5, 11) * kPrime1;
  hash = (hash ^ (hash >> 15)) * kPrime2;
  hash = (hash ^ (hash >> 13)) * kPrime3;
  return hash ^ (hash >> 16);
}

// For each number, some user who draws it in a rollout with this salt.
std::map<std::uint32_t, std::string> users_who_draw(const std::set<std::uint32_t>& numbers, const std::string& salt) {
  std::map<std::uint32_t, std::string> users;
  for (std::uint32_t i = 0; users.size() < numbers.size(); ++i) {
    char user[9] = {};
    std::to_chars(user, user + 8, i, 36);
    const std::uint32_t draw = xxh32(user + (":" + salt)) % kAllTraffic;
    if (numbers.contains(draw)) users[draw] = user;
  }
  return users;
}

class Traffic : public ::testing::Test {
 protected:
  Place place;
  Provider provider{place};
};

TEST_F(Traffic, splits_by_the_weight_to_within_chance_and_to_nobody_at_zero) {
  auto wanted = desired(1, split(0));
  wanted.sticky = Sticky::none;
  provider.converge(wanted);
  EXPECT_EQ(ask_many(place.port(), "shop.test", 2000).answers, (std::map<std::string, int>{{"1.0", 2000}}));

  wanted.generation = 2;
  wanted.groups = split(250'000);
  ASSERT_TRUE(provider.apply(wanted).ok());
  const Counts counts = ask_many(place.port(), "SHOP.test:80", 4000);
  EXPECT_EQ(counts.failures, 0);
  // Five standard deviations of a binomial distribution.
  EXPECT_NEAR(counts.answers.at("1.1"), 1000, 5 * std::sqrt(4000 * 0.25 * 0.75));

  wanted.generation = 3;
  wanted.groups = split(kAllTraffic);
  ASSERT_TRUE(provider.apply(wanted).ok());
  EXPECT_EQ(ask_many(place.port(), "shop.test", 2000).answers, (std::map<std::string, int>{{"1.1", 2000}}));
}

TEST_F(Traffic, a_user_changes_the_group_at_the_millionth_that_the_user_draws) {
  auto wanted = desired(1, split(0));
  wanted.rollout = "";
  provider.converge(wanted);
  const std::string salt = "811c9dc5";  // of a rollout without a name
  const auto users = users_who_draw({0, 1, 123'456, 500'000, 999'998, 999'999}, salt);
  Client client(place.port());
  const auto serves = [&](std::uint32_t draw, std::uint32_t weight) {
    ++wanted.generation;
    wanted.groups = split(weight);
    EXPECT_TRUE(provider.apply(wanted).ok());
    return client.get("shop.test", "x-user: " + users.at(draw) + "\r\n").body;
  };
  for (const std::uint32_t draw : {1U, 123'456U, 500'000U, 999'998U}) {
    EXPECT_EQ(serves(draw, draw), "1.0") << draw;
    EXPECT_EQ(serves(draw, draw + 1), "1.1") << draw;
  }
  EXPECT_EQ(serves(0, 1), "1.1") << "one millionth is somebody";
  EXPECT_EQ(serves(1, 1), "1.0");
  EXPECT_EQ(serves(999'998, kAllTraffic - 1), "1.1");
  EXPECT_EQ(serves(999'999, kAllTraffic - 1), "1.0") << "one millionth is left";
  EXPECT_EQ(serves(999'999, kAllTraffic), "1.1");
}

TEST_F(Traffic, a_change_of_weights_is_in_effect_when_apply_answers_and_observe_shows_it) {
  auto wanted = desired(1, split(kAllTraffic));
  provider.converge(wanted);
  Client client(place.port());
  for (int flip = 0; flip < 20; ++flip) {
    const std::uint32_t next = flip % 2 == 0 ? 0 : kAllTraffic;
    wanted.generation = flip + 2;
    wanted.groups = split(next);
    ASSERT_TRUE(provider.apply(wanted).ok());
    EXPECT_EQ(client.get("shop.test").body, next == 0 ? "1.0" : "1.1") << "flip " << flip;
    EXPECT_EQ(of(provider.observe(), "1.1").weight, next);
  }
}

TEST_F(Traffic, users_named_by_header_never_leave_the_next_group_while_its_weight_grows) {
  auto wanted = desired(1, split(0));
  provider.converge(wanted);
  Client client(place.port());
  std::set<int> before;
  for (const std::uint32_t weight : {100'000U, 250'000U, 500'000U}) {
    ++wanted.generation;
    wanted.groups = split(weight);
    ASSERT_TRUE(provider.apply(wanted).ok());
    std::set<int> now;
    for (int user = 0; user < 400; ++user) {
      if (client.get("shop.test", "x-user: u" + std::to_string(user) + "\r\n").body == "1.1") now.insert(user);
    }
    EXPECT_TRUE(std::includes(now.begin(), now.end(), before.begin(), before.end())) << "at " << weight;
    EXPECT_NEAR(static_cast<double>(now.size()), 400.0 * weight / kAllTraffic, 50);
    before = now;
  }
}

TEST_F(Traffic, a_user_without_a_header_gets_a_cookie_while_traffic_is_split_and_keeps_the_group) {
  auto wanted = desired(1, split(0));
  provider.converge(wanted);
  Client client(place.port());
  EXPECT_EQ(client.get("shop.test").headers.find("set-cookie"), std::string::npos)
      << "nothing to choose, nothing to remember";
  wanted.generation = 2;
  wanted.groups = split(500'000);
  ASSERT_TRUE(provider.apply(wanted).ok());
  for (int visitor = 0; visitor < 10; ++visitor) {
    const HttpAnswer first = client.get("shop.test");
    const auto at = first.headers.find("slipway_id=");
    ASSERT_NE(at, std::string::npos) << first.headers;
    const std::string cookie = first.headers.substr(at, first.headers.find(';', at) - at);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("shop.test", "cookie: " + cookie + "\r\n").body, first.body);
  }
}

TEST_F(Traffic, a_user_with_a_cookie_never_leaves_the_next_group_while_its_weight_grows) {
  auto wanted = desired(1, split(100'000));
  provider.converge(wanted);
  Client client(place.port());
  std::vector<std::string> cookies;
  for (int visitor = 0; visitor < 300; ++visitor) {
    const HttpAnswer first = client.get("shop.test");
    const auto at = first.headers.find("slipway_id=");
    ASSERT_NE(at, std::string::npos) << first.headers;
    cookies.push_back("cookie: " + first.headers.substr(at, first.headers.find(';', at) - at) + "\r\n");
  }
  std::set<std::string> before;
  for (const std::uint32_t weight : {100'000U, 300'000U, 600'000U}) {
    ++wanted.generation;
    wanted.groups = split(weight);
    ASSERT_TRUE(provider.apply(wanted).ok());
    std::set<std::string> now;
    for (const std::string& cookie : cookies) {
      if (client.get("shop.test", cookie).body == "1.1") now.insert(cookie);
    }
    EXPECT_TRUE(std::includes(now.begin(), now.end(), before.begin(), before.end())) << "at " << weight;
    EXPECT_NEAR(static_cast<double>(now.size()), 300.0 * weight / kAllTraffic, 45);
    before = now;
  }
}

TEST_F(Traffic, a_header_route_wins_over_the_weights_until_it_is_taken_back) {
  auto wanted = desired(1, split(0));
  wanted.routes = {{"X-Canary", "yes, please [1]", "next"}, {"x-canary", "never", "stable"}};
  provider.converge(wanted);
  Client client(place.port());
  EXPECT_EQ(client.get("shop.test", "x-canary: yes, please [1]\r\n").body, "1.1");
  EXPECT_EQ(client.get("shop.test", "accept: */*\r\nX-CANARY: yes, please [1]\r\nfrom: me\r\n").body, "1.1");
  EXPECT_EQ(client.get("shop.test", "x-canary: yes, please [12]\r\n").body, "1.0");
  EXPECT_EQ(client.get("shop.test", "y-x-canary: yes, please [1]\r\n").body, "1.0");
  EXPECT_EQ(client.get("shop.test").body, "1.0");
  wanted.generation = 2;
  wanted.groups = split(kAllTraffic);
  ASSERT_TRUE(provider.apply(wanted).ok());
  EXPECT_EQ(client.get("shop.test", "x-canary: never\r\n").body, "1.0");
  wanted.generation = 3;
  wanted.routes.clear();
  ASSERT_TRUE(provider.apply(wanted).ok());
  EXPECT_EQ(client.get("shop.test", "x-canary: never\r\n").body, "1.1");
}

TEST_F(Traffic, a_header_route_matches_each_character_exactly_also_after_a_new_start_of_haproxy) {
  auto wanted = desired(1, split(0));
  const std::string odd = "a^b\\c;d#e[f]g\"h'i j{k}(l)*m+n.o?p$q|r<s>t!u`v~w%x&y";
  wanted.routes = {{"x-canary", odd, "next"}};
  provider.converge(wanted);
  Client client(place.port());
  const auto check = [&] {
    EXPECT_EQ(client.get("shop.test", "x-canary: " + odd + "\r\n").body, "1.1");
    for (std::size_t i = 0; i < odd.size(); ++i) {
      std::string other = odd;
      other[i] = 'Z';
      EXPECT_EQ(client.get("shop.test", "x-canary: " + other + "\r\n").body, "1.0") << other;
    }
  };
  check();
  const int before = place.haproxy_pid();
  ::kill(before, SIGKILL);
  ASSERT_TRUE(wait_for([&] { return exists(place.haproxy_pid()) && place.haproxy_pid() != before; }));
  provider.until([](const auto& o) { return o.converged; });
  check();
}

TEST_F(Traffic, copies_of_requests_reach_the_mirrored_group_and_never_more_than_the_cap_at_once) {
  constexpr int kCap = 3;
  const std::string file = place.path("copies");
  const auto shadow = release("1.1", {"--requests-file", file, "--delay", "300"});
  auto wanted = desired(1, split(0, release("1.0"), shadow));
  wanted.mirror = provider::Mirror{"next", kAllTraffic, kCap};
  const auto seen = provider.converge(wanted);
  const std::string address = of(seen, "1.1").addresses.at(0);
  const auto most_at_once = [&] {
    Client mirrored(std::stoi(address.substr(address.rfind(':') + 1)));
    return std::stoi(mirrored.get("shop.test", "", "/most").body);
  };
  Client client(place.port());
  int sent = 0;
  const auto ask = [&] { EXPECT_EQ(client.get("shop.test", "", "/page?n=" + std::to_string(++sent)).body, "1.0"); };
  ASSERT_TRUE(wait_for([&] { return ask(), most_at_once() >= kCap; }));
  for (int i = 0; i < 200; ++i) ask();
  EXPECT_EQ(client.post("shop.test", "", "body").body, "1.0");
  EXPECT_EQ(most_at_once(), kCap);
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  EXPECT_THAT(line, ::testing::StartsWith("1.1 GET /page?n="));
}

TEST_F(Traffic, a_share_of_the_requests_is_copied_to_within_chance_and_with_their_bodies) {
  const std::string file = place.path("copies");
  auto wanted = desired(1, split(0, release("1.0"), release("1.1", {"--requests-file", file})));
  wanted.mirror = provider::Mirror{"next", 250'000, 1'000};
  provider.converge(wanted);
  Client client(place.port());
  for (int i = 0; i < 1'200; ++i)
    EXPECT_EQ(client.post("shop.test", "", "number " + std::to_string(i)).body, "1.0") << "users see the stable group";
  const auto copies = [&] {
    std::vector<std::string> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  };
  const double tolerance = 5 * std::sqrt(1'200 * 0.25 * 0.75);
  ASSERT_TRUE(wait_for([&] { return static_cast<double>(copies().size()) > 300 - tolerance; }));
  EXPECT_NEAR(static_cast<double>(copies().size()), 300, tolerance);
  for (const std::string& line : copies())
    EXPECT_THAT(line, ::testing::MatchesRegex("1.1 POST / HTTP/1.1 number [0-9]+"));
}

TEST_F(Traffic, a_request_whose_body_comes_slowly_is_answered_though_every_request_is_mirrored) {
  const std::string file = place.path("copies");
  auto wanted = desired(1, split(0, release("1.0"), release("1.1", {"--requests-file", file})));
  wanted.mirror = provider::Mirror{"next", kAllTraffic, 8};
  provider.converge(wanted);
  Client client(place.port());
  const HttpAnswer answer = client.post_slowly("shop.test", "0123456789", std::chrono::milliseconds(1600));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "1.0");
  // One that is whole is still copied; the slow one was not, for it would have been copied in part.
  const auto copies = [&] {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  };
  ASSERT_TRUE(
      wait_for([&] { return client.post("shop.test", "", "whole"), copies().find("whole") != std::string::npos; }));
  EXPECT_EQ(copies().find("01234"), std::string::npos);
}

TEST_F(Traffic, a_whole_rollout_under_load_fails_no_request) {
  auto wanted = desired(1, {group("stable", release("1.0"), 2, kAllTraffic)});
  provider.converge(wanted);
  Load load(place.port(), "shop.test");
  for (const std::uint32_t weight : {0U, 100'000U, 500'000U, kAllTraffic}) {
    ++wanted.generation;
    wanted.groups = split(weight);
    provider.converge(wanted);
  }
  ++wanted.generation;
  wanted.groups = {group("stable", release("1.1"), 2, kAllTraffic)};
  const auto seen = provider.converge(wanted);
  EXPECT_EQ(seen.groups.size(), 1U) << "the old group has gone";
  load.mark();
  ASSERT_TRUE(wait_for([&] { return load.so_far().total() > 200; }));
  const Counts counts = load.stop();
  EXPECT_EQ(counts.failures, 0);
  EXPECT_FALSE(counts.answers.contains("1.0"));
}

TEST_F(Traffic, replicas_that_leave_fail_no_request_that_is_under_way) {
  const auto slow = release("1.0", {"--delay", "20"});
  auto wanted = desired(1, {group("stable", slow, 4, kAllTraffic)});
  provider.converge(wanted);
  Load load(place.port(), "shop.test", 8);
  for (const int replicas : {1, 3, 1}) {
    ++wanted.generation;
    wanted.groups = {group("stable", slow, replicas, kAllTraffic)};
    provider.converge(wanted);
  }
  EXPECT_TRUE(wait_for([&] { return load.so_far().total() > 100; }));
  EXPECT_EQ(load.stop().failures, 0);
}

TEST_F(Traffic, weight_waits_for_a_group_that_has_no_ready_replica) {
  auto wanted = desired(1, {group("stable", release("1.0"), 1, kAllTraffic)});
  provider.converge(wanted);
  wanted.generation = 2;
  wanted.groups = split(500'000, release("1.0"), release("1.1", {"--unready"}));
  wanted.groups[0].replicas = 1;
  ASSERT_TRUE(provider.apply(wanted).ok());
  const auto seen = provider.until([](const auto& o) { return of(o, "1.1").problem.starts_with("replica"); });
  EXPECT_EQ(of(seen, "1.0").weight, kAllTraffic);
  EXPECT_EQ(of(seen, "1.1").weight, 0U);
  EXPECT_FALSE(seen.converged);
  EXPECT_EQ(ask_many(place.port(), "shop.test", 80).answers, (std::map<std::string, int>{{"1.0", 80}}));
}

TEST_F(Traffic, an_unknown_host_is_refused) {
  provider.converge(desired(1, {group("stable", release("1.0"), 1, kAllTraffic)}));
  Client client(place.port());
  const HttpAnswer answer = client.get("other.test");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, "unknown application\n");
}

}  // namespace
}  // namespace slipway::test
