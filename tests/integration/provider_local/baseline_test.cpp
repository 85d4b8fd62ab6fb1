// A third group beside stable and next: who gets which request, and that none fails while it comes and goes.
#include <gmock/gmock.h>
#include <signal.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <tuple>

#include "tests/integration/provider_local/load.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

constexpr char kBaseline[] = "1.0+baseline";

std::vector<provider::DesiredGroup> judged(std::uint32_t next, std::uint32_t baseline) {
  return {group("stable", release("1.0"), 2, kAllTraffic - next - baseline), group("next", release("1.1"), 1, next),
          group("baseline", release(kBaseline), 1, baseline)};
}

std::vector<provider::DesiredGroup> promoted() { return {group("stable", release("1.1"), 2, kAllTraffic)}; }

// Five standard deviations of a binomial distribution: one run in a million is further off by chance.
void expect_share(const Counts& counts, const std::string& version, double share) {
  const double all = counts.total();
  const auto found = counts.answers.find(version);
  const int seen = found == counts.answers.end() ? 0 : found->second;
  EXPECT_NEAR(seen, all * share, 5 * std::sqrt(all * share * (1 - share))) << version;
}

class Baseline : public ::testing::Test {
 protected:
  provider::Desired order(std::vector<provider::DesiredGroup> groups,
                          provider::Sticky sticky = provider::Sticky::none) {
    auto made = desired(++generation, std::move(groups));
    made.sticky = sticky;
    return made;
  }
  void open(const Json& changes = Json::object()) { provider = std::make_unique<Provider>(place, changes); }

  Place place;
  std::unique_ptr<Provider> provider;
  std::int64_t generation = 0;
};

TEST_F(Baseline, each_of_three_groups_gets_its_share_to_within_chance) {
  open();
  provider->converge(order(judged(0, 0)));
  EXPECT_EQ(ask_many(place.port(), "shop.test", 800).answers, (std::map<std::string, int>{{"1.0", 800}}));
  for (const auto& [next, baseline] : {std::pair(100'000U, 300'000U), std::pair(600'000U, 200'000U)}) {
    ASSERT_TRUE(provider->apply(order(judged(next, baseline))).ok());
    const Counts counts = ask_many(place.port(), "shop.test", 12'000);
    EXPECT_EQ(counts.failures, 0);
    expect_share(counts, "1.1", next / 1e6);
    expect_share(counts, kBaseline, baseline / 1e6);
    expect_share(counts, "1.0", (1e6 - next - baseline) / 1e6);
    const auto seen = provider->observe();
    EXPECT_EQ(of(seen, "1.1").weight, next);
    EXPECT_EQ(of(seen, kBaseline).weight, baseline);
    EXPECT_EQ(of(seen, "1.0").weight, kAllTraffic - next - baseline);
  }
  ASSERT_TRUE(provider->apply(order(judged(500'000, 500'000))).ok());
  EXPECT_FALSE(ask_many(place.port(), "shop.test", 800).answers.contains("1.0"));
}

TEST_F(Baseline, a_user_goes_from_stable_to_baseline_to_next_and_never_the_other_way) {
  open();
  provider->converge(order(judged(0, 0), provider::Sticky::user));
  Client client(place.port());
  const std::map<std::string, int> ranks{{"1.0", 0}, {kBaseline, 1}, {"1.1", 2}};
  std::map<int, int> before;
  for (const auto& [next, baseline] :
       {std::pair(50'000U, 50'000U), {200'000U, 200'000U}, {500'000U, 250'000U}, {800'000U, 100'000U}}) {
    ASSERT_TRUE(provider->apply(order(judged(next, baseline), provider::Sticky::user)).ok());
    Counts counts;
    for (int user = 0; user < 400; ++user) {
      const std::string body = client.get("shop.test", "x-user: u" + std::to_string(user) + "\r\n").body;
      ++counts.answers[body];
      EXPECT_GE(ranks.at(body), before[user]) << "user " << user << " at " << next;
      before[user] = ranks.at(body);
    }
    expect_share(counts, "1.1", next / 1e6);
    expect_share(counts, kBaseline, baseline / 1e6);
  }
  ASSERT_TRUE(provider->apply(order(judged(0, 300'000), provider::Sticky::user)).ok());
  const auto ask = [&] { return client.get("shop.test", "x-user: somebody\r\n").body; };
  const std::string first = ask();
  for (int i = 0; i < 30; ++i) EXPECT_EQ(ask(), first) << "a user keeps the group also without a share of next";
}

TEST_F(Baseline, a_header_route_leads_to_it_and_without_one_to_stable) {
  open();
  auto wanted = order(judged(0, 0));
  wanted.routes = {{"x-group", "old", "baseline"}, {"x-group", "new", "next"}};
  provider->converge(wanted);
  Client client(place.port());
  EXPECT_EQ(client.get("shop.test", "x-group: old\r\n").body, kBaseline);
  EXPECT_EQ(client.get("shop.test", "x-group: new\r\n").body, "1.1");
  EXPECT_EQ(client.get("shop.test").body, "1.0");
  wanted.generation = ++generation;
  wanted.groups.pop_back();
  wanted.groups[0].weight = 0;
  wanted.groups[1].weight = kAllTraffic;
  provider->converge(wanted);
  EXPECT_EQ(client.get("shop.test", "x-group: old\r\n").body, "1.0");
}

TEST_F(Baseline, without_a_live_replica_costs_no_request) {
  open({{"restart", {{"first", "1m"}, {"longest", "1m"}}}});
  provider->converge(order(judged(100'000, 400'000)));
  ::kill(place.replica_pids("shop").at("1.0_baseline-4"), SIGKILL);
  provider->until([](const auto& seen) { return of(seen, kBaseline).ready == 0; });
  ASSERT_TRUE(wait_for(
      [&] { return place.ask("haproxy.sock", "show stat acme.shop.c 4 -1").find(",UP,") == std::string::npos; }));
  const Counts counts = ask_many(place.port(), "shop.test", 2'000);
  EXPECT_EQ(counts.failures, 0);
  EXPECT_FALSE(counts.answers.contains(kBaseline));
  expect_share(counts, "1.1", 0.1);
}

TEST_F(Baseline, a_whole_rollout_under_load_fails_no_request_and_haproxy_comes_back_with_all_three_groups) {
  open();
  provider->converge(order({group("stable", release("1.0"), 2, kAllTraffic)}));
  {
    Load load(place.port(), "shop.test");
    for (const std::uint32_t weight : {0U, 100'000U, 400'000U}) provider->converge(order(judged(weight, weight)));
    EXPECT_EQ(load.stop().failures, 0);
  }

  const int before = place.haproxy_pid();
  ::kill(before, SIGKILL);
  ASSERT_TRUE(wait_for([&] { return exists(place.haproxy_pid()) && place.haproxy_pid() != before; }));
  provider->until([](const auto& seen) { return seen.converged; });
  const Counts counts = ask_many(place.port(), "shop.test", 4'000);
  EXPECT_EQ(counts.failures, 0);
  expect_share(counts, "1.1", 0.4);
  expect_share(counts, kBaseline, 0.4);

  Load load(place.port(), "shop.test");
  provider->converge(order(judged(800'000, 100'000)));
  const auto seen = provider->converge(order(promoted()));
  EXPECT_EQ(seen.groups.size(), 1U) << "the old group and its baseline have gone";
  load.mark();
  ASSERT_TRUE(wait_for([&] { return load.so_far().total() > 200; }));
  const Counts after = load.stop();
  EXPECT_EQ(after.failures, 0);
  EXPECT_EQ(after.answers.size(), 1U);
  EXPECT_EQ(place.replica_pids("shop").size(), 2U);
}

TEST_F(Baseline, the_way_back_from_it_under_load_fails_no_request) {
  open();
  provider->converge(order(judged(300'000, 300'000)));
  Load load(place.port(), "shop.test");
  // It runs what is gone back to, so it may keep its share for a while.
  provider->converge(order(judged(0, 300'000)));
  const Counts first = ask_many(place.port(), "shop.test", 4'000);
  EXPECT_FALSE(first.answers.contains("1.1"));
  expect_share(first, kBaseline, 0.3);
  provider->converge(order({group("stable", release("1.0"), 2, kAllTraffic), group("next", release("1.1"), 0, 0)}));
  load.mark();
  ASSERT_TRUE(wait_for([&] { return load.so_far().total() > 200; }));
  const Counts counts = load.stop();
  EXPECT_EQ(counts.failures, 0);
  EXPECT_EQ(counts.answers.size(), 1U);
  EXPECT_EQ(place.replica_pids("shop").size(), 2U);
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The configuration as the version before baselines wrote it: one cut, and two backends an application.
std::string before_baselines(const std::string& text) {
  const std::string split = "slipway_split";
  std::istringstream lines(text);
  std::string old;
  bool third = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("backend ")) third = line.ends_with(".c");
    const bool fresh = third || line.starts_with("    acl ") || line.starts_with("    # from stable") ||
                       line.find("txn.upper") != line.npos || line.find("txn.baseline") != line.npos;
    if (fresh) continue;
    if (const auto at = line.find(split); at != line.npos)
      line.replace(at, split.size(), "{ var(txn.cut) -m int 1:999999 }");
    old += line + "\n";
  }
  return old;
}

TEST_F(Baseline, a_haproxy_and_records_of_before_there_were_baselines_go_on_and_the_first_shift_works) {
  open();
  provider->converge(order({group("stable", release("1.0"), 2, 900'000), group("next", release("1.1"), 1, 100'000)}));
  provider.reset();
  for (const char* name : {"run/haproxy.cfg", "run/haproxy.shape"}) {
    const std::string text = text_of(place.path(name));
    ASSERT_THAT(text, ::testing::HasSubstr("baseline")) << name;
    std::ofstream(place.path(name)) << before_baselines(text);
    ASSERT_THAT(text_of(place.path(name)), ::testing::Not(::testing::HasSubstr("baseline"))) << name;
  }
  const std::string record = place.path("state/applications/acme.shop.json");
  auto json = value_or_throw(parse_json(text_of(record)));
  json.erase("slot_c");
  EXPECT_EQ(std::ranges::count(json.at("route").get<std::string>(), ':'), 9);
  std::ofstream(record) << to_text(json);
  std::ignore = place.ask("master.sock", "reload");  // says nothing, however it went
  ASSERT_TRUE(wait_for([&] {
    const std::string stat = place.ask("haproxy.sock", "show stat");
    return stat.find("acme.shop.b") != std::string::npos && stat.find("acme.shop.c") == std::string::npos;
  }));

  const int haproxy = place.haproxy_pid();
  const auto replicas = place.replica_pids("shop");
  Load load(place.port(), "shop.test");
  open();
  auto groups = judged(200'000, 0);
  groups.pop_back();
  ASSERT_TRUE(provider->apply(order(groups)).ok());
  const Counts shifted = ask_many(place.port(), "shop.test", 4'000);
  expect_share(shifted, "1.1", 0.2);
  provider->converge(order(judged(200'000, 200'000)));
  const Counts counts = ask_many(place.port(), "shop.test", 4'000);
  expect_share(counts, "1.1", 0.2);
  expect_share(counts, kBaseline, 0.2);
  EXPECT_EQ(shifted.failures + counts.failures + load.stop().failures, 0);
  EXPECT_EQ(place.haproxy_pid(), haproxy);
  for (const auto& [id, pid] : replicas) EXPECT_EQ(place.replica_pids("shop").at(id), pid) << id;
}

}  // namespace
}  // namespace slipway::test
