#include <gmock/gmock.h>
#include <signal.h>

#include "tests/unit/plugins/providers/local/fakes.hpp"

namespace slipway::local::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using NameSet = std::set<std::string>;

const provider::ObservedGroup& of(const provider::Observation& seen, const std::string& version) {
  static const provider::ObservedGroup none;
  const auto found = std::ranges::find(seen.groups, version, &provider::ObservedGroup::release);
  return found == seen.groups.end() ? none : *found;
}

// What the version before baselines remembered: two backends, and an entry of ten fields.
void make_old(const std::filesystem::path& file, std::uint32_t next) {
  Json record = value_or_throw(parse_json(read_file(file).value()));
  record.erase("slot_c");
  record["route"] = "acme.shop.b:acme.shop.a:" + std::to_string(next) + ":0:x-user:slipway_id:-:0:0:-";
  std::swap(record["slot_a"], record["slot_b"]);
  write_file(file, to_text(record), Durability::kProcess);
}

class Reconciling : public ::testing::Test {
 protected:
  provider::Desired stable(int replicas) {
    return desired(++generation, {group("stable", "1.0", replicas, kAllTraffic)});
  }
  provider::Desired split(std::uint32_t next) {
    return desired(++generation, {group("stable", "1.0", 2, kAllTraffic - next), group("next", "1.1", 1, next)});
  }

  provider::Desired judged(std::uint32_t next, std::uint32_t baseline) {
    auto made = split(next);
    made.groups[0].weight -= baseline;
    made.groups.push_back(group("baseline", "1.0+baseline", 1, baseline));
    return made;
  }

  Scene scene;
  std::int64_t generation = 0;
};

TEST_F(Reconciling, a_first_release_is_started_listed_admitted_and_then_routed) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  EXPECT_THAT(scene.proxy.history, ElementsAre("add 1.0-1", "admit 1.0-1", "route 0"));
  const auto seen = scene.observe();
  EXPECT_EQ(of(seen, "1.0").ready, 1);
  EXPECT_EQ(of(seen, "1.0").weight, kAllTraffic);
  // Which port it is depends on what else runs on the machine.
  const std::string address = scene.proxy.servers.at("acme.shop.a").at("1.0-1").server.address;
  EXPECT_THAT(address, ::testing::MatchesRegex("127\\.0\\.0\\.1:400[0-9][0-9]"));
  EXPECT_THAT(of(seen, "1.0").addresses, ElementsAre(address));
  EXPECT_THAT(of(seen, "1.0").ready_since, ElementsAre(Instant{42}));
  EXPECT_GT(scene.notices.changes["acme/shop"], 0);
}

TEST_F(Reconciling, a_shift_alone_is_one_route_and_is_in_effect_when_apply_returns) {
  ASSERT_TRUE(scene.apply(split(0)).ok());
  ASSERT_TRUE(scene.settles());
  scene.proxy.history.clear();
  ASSERT_TRUE(scene.apply(split(250'000)).ok());
  EXPECT_THAT(scene.proxy.history, ElementsAre("route 250000"));
  EXPECT_EQ(scene.proxy.routes.at("acme/shop").route.next_ppm, 250'000U);
}

TEST_F(Reconciling, a_program_belongs_to_its_release_as_it_was_at_first) {
  scene.preparer.programs["/opt/shop"] = "sha256:old";
  provider::Desired one = stable(1);
  one.groups[0].release.artefact.path = "/opt/shop";
  ASSERT_TRUE(scene.apply(one).ok());
  ASSERT_TRUE(scene.settles());
  scene.preparer.programs["/opt/shop"] = "sha256:new";
  provider::Desired two = stable(2);
  two.groups[0].release.artefact.path = "/opt/shop";
  ASSERT_TRUE(scene.apply(two).ok());
  ASSERT_TRUE(scene.settles());
  EXPECT_THAT(scene.preparer.started, ElementsAre("sha256:old", "sha256:old"));
  provider::Desired next = desired(++generation, {group("stable", "1.1", 1, kAllTraffic)});
  next.groups[0].release.artefact.path = "/opt/shop";
  ASSERT_TRUE(scene.apply(next).ok());
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.preparer.started.back(), "sha256:new");
}

TEST_F(Reconciling, a_folder_is_asked_for_its_digest_once_and_what_is_not_there_each_time) {
  for (int i = 0; i < 3; ++i) {
    provider::Desired one = stable(1);
    one.groups[0].release.artefact.path = "/usr";
    ASSERT_TRUE(scene.apply(one).ok());
  }
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.preparer.digests_asked, 1);
  EXPECT_THAT(scene.preparer.started, ElementsAre(""));
  for (int i = 0; i < 2; ++i) {
    provider::Desired gone = stable(1);
    gone.groups[0].release.version = "1.9";
    gone.groups[0].release.artefact.path = "/not/there";
    ASSERT_TRUE(scene.apply(gone).ok());
  }
  EXPECT_EQ(scene.preparer.digests_asked, 3);
}

TEST_F(Reconciling, a_promotion_changes_the_roles_and_moves_no_server) {
  ASSERT_TRUE(scene.apply(split(kAllTraffic)).ok());
  ASSERT_TRUE(scene.settles());
  const auto servers = scene.proxy.open_servers("acme.shop.b");
  ASSERT_TRUE(scene.apply(desired(++generation, {group("stable", "1.1", 1, kAllTraffic)})).ok());
  ASSERT_TRUE(scene.settles());
  const Route& route = scene.proxy.routes.at("acme/shop").route;
  EXPECT_EQ(route.stable, "acme.shop.b");
  EXPECT_EQ(route.next_ppm, 0U);
  EXPECT_EQ(scene.proxy.open_servers("acme.shop.b"), servers);
  EXPECT_TRUE(scene.proxy.servers["acme.shop.a"].empty());
  EXPECT_EQ(scene.processes.running(), 1);
}

TEST_F(Reconciling, a_baseline_comes_with_its_backend_takes_its_share_and_goes_with_the_promotion) {
  ASSERT_TRUE(scene.apply(judged(0, 0)).ok());
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.proxy.open_servers("acme.shop.c"), NameSet{"1.0_baseline-4"});
  scene.proxy.history.clear();
  ASSERT_TRUE(scene.apply(judged(250'000, 200'000)).ok());
  EXPECT_THAT(scene.proxy.history, ElementsAre("route 250000"));
  auto seen = scene.observe();
  EXPECT_EQ(of(seen, "1.0").weight, 550'000U);
  EXPECT_EQ(of(seen, "1.1").weight, 250'000U);
  EXPECT_EQ(of(seen, "1.0+baseline").weight, 200'000U);
  EXPECT_EQ(of(seen, "1.0+baseline").role, "baseline");
  const Route judging = scene.proxy.routes.at("acme/shop").route;
  EXPECT_EQ(judging.baseline, "acme.shop.c");
  EXPECT_EQ(judging.baseline_ppm, 200'000U);

  ASSERT_TRUE(scene.apply(desired(++generation, {group("stable", "1.1", 1, kAllTraffic)})).ok());
  ASSERT_TRUE(scene.settles());
  const Route promoted = scene.proxy.routes.at("acme/shop").route;
  EXPECT_EQ(promoted.stable, "acme.shop.b");
  EXPECT_EQ(promoted.baseline, "");
  EXPECT_EQ(scene.processes.running(), 1);
  EXPECT_TRUE(scene.proxy.servers["acme.shop.c"].empty());
}

TEST_F(Reconciling, a_baseline_runs_the_program_that_stable_does_though_the_file_is_another_by_now) {
  scene.preparer.programs["/opt/shop"] = "sha256:old";
  const auto at = [](provider::Desired made) {
    for (auto& each : made.groups) each.release.artefact.path = "/opt/shop";
    return made;
  };
  ASSERT_TRUE(scene.apply(at(stable(2))).ok());
  ASSERT_TRUE(scene.settles());
  scene.preparer.programs["/opt/shop"] = "sha256:new";
  ASSERT_TRUE(scene.apply(at(judged(0, 0))).ok());
  ASSERT_TRUE(scene.settles());
  EXPECT_THAT(scene.preparer.started, ElementsAre("sha256:old", "sha256:old", "sha256:new", "sha256:old"));
}

TEST_F(Reconciling, three_groups_are_adopted_and_nobody_is_told_anything) {
  ASSERT_TRUE(scene.apply(judged(300'000, 200'000)).ok());
  ASSERT_TRUE(scene.settles());
  scene.turn(Span(20));
  scene.proxy.history.clear();
  scene.reopen();
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.processes.bodies.size(), 4U) << "nothing was started";
  for (const std::string& line : scene.proxy.history) EXPECT_EQ(line, "route 300000");
  EXPECT_EQ(scene.proxy.recalled_servers.at("acme.shop.c"), NameSet{"1.0_baseline-4"});
  EXPECT_EQ(scene.proxy.recalled_routes.at("acme/shop").route.baseline_ppm, 200'000U);
}

TEST_F(Reconciling, a_record_of_before_there_were_baselines_is_taken_up_where_it_was) {
  ASSERT_TRUE(scene.apply(split(250'000)).ok());
  ASSERT_TRUE(scene.settles());
  scene.turn(Span(20));
  make_old(scene.directory.path() / "applications" / "acme.shop.json", 250'000);
  std::swap(scene.proxy.servers["acme.shop.a"], scene.proxy.servers["acme.shop.b"]);
  scene.proxy.history.clear();
  scene.reopen();
  EXPECT_EQ(scene.proxy.recalled_routes.at("acme/shop").route.stable, "acme.shop.b");
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.processes.bodies.size(), 3U) << "nothing was started";
  for (const std::string& line : scene.proxy.history) EXPECT_EQ(line, "route 250000");
  ASSERT_TRUE(scene.apply(judged(300'000, 0)).ok());
  ASSERT_TRUE(scene.settles());
  const Route& route = scene.proxy.routes.at("acme/shop").route;
  EXPECT_EQ(route.stable, "acme.shop.b");
  EXPECT_EQ(route.next, "acme.shop.a");
  EXPECT_EQ(route.baseline, "acme.shop.c");
}

TEST_F(Reconciling, a_group_that_is_not_named_keeps_its_traffic_until_its_successor_is_ready) {
  ASSERT_TRUE(scene.apply(stable(2)).ok());
  ASSERT_TRUE(scene.settles());
  scene.checker.failures["/2.0"] = "HTTP status 503";
  ASSERT_TRUE(scene.apply(desired(++generation, {group("stable", "2.0", 1, kAllTraffic)})).ok());
  scene.turn(Span(100));
  auto seen = scene.observe();
  EXPECT_EQ(of(seen, "1.0").weight, kAllTraffic);
  EXPECT_EQ(of(seen, "1.0").ready, 2);
  EXPECT_THAT(of(seen, "2.0").problem,
              HasSubstr("replica 2.0-3 does not pass its readiness check (GET /2.0): HTTP status 503"));
  scene.checker.failures.clear();
  ASSERT_TRUE(scene.settles());
  seen = scene.observe();
  EXPECT_EQ(seen.groups.size(), 1U);
  EXPECT_EQ(of(seen, "2.0").weight, kAllTraffic);
}

TEST_F(Reconciling, another_reason_for_not_being_ready_is_told_at_once_and_the_same_one_once) {
  const auto asked_again = [this] {
    return scene.turn_until([this, enough = scene.checker.asked + 5] { return scene.checker.asked >= enough; });
  };
  scene.checker.failures["/1.0"] = "Connection refused";
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(asked_again());
  const int refused = scene.notices.changes["acme/shop"];
  scene.checker.failures["/1.0"] = "HTTP status 404";
  ASSERT_TRUE(asked_again());
  EXPECT_EQ(scene.notices.changes["acme/shop"], refused + 1);
  EXPECT_THAT(of(scene.observe(), "1.0").problem, HasSubstr("(GET /1.0): HTTP status 404"));
  ASSERT_TRUE(asked_again());
  EXPECT_EQ(scene.notices.changes["acme/shop"], refused + 1);
}

TEST_F(Reconciling, a_replica_that_haproxy_does_not_find_well_gets_no_traffic_and_says_what_its_check_said) {
  scene.proxy.check = "L7TOUT (Layer7 timeout)";
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.turn_until([&] { return of(scene.observe(), "1.0").problem.starts_with("replica"); }));
  EXPECT_EQ(
      of(scene.observe(), "1.0").problem,
      "replica 1.0-1 passes its readiness check here, but not the one that HAProxy makes: L7TOUT (Layer7 timeout)");
  EXPECT_EQ(of(scene.observe(), "1.0").ready, 0);
  scene.proxy.check = "L7OK";
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(of(scene.observe(), "1.0").problem, "");
}

TEST_F(Reconciling, what_is_not_served_at_its_hosts_has_not_converged) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  scene.proxy.unserved = "HAProxy does not serve the host \"shop.test\" yet";
  EXPECT_FALSE(scene.observe().converged);
  EXPECT_THAT(scene.observe().problems, ElementsAre(scene.proxy.unserved));
}

TEST_F(Reconciling, haproxy_asks_a_replica_as_its_release_says) {
  provider::Desired one = stable(1);
  one.groups[0].release.readiness.interval = milliseconds(700);
  one.groups[0].release.readiness.timeout = seconds(2);
  one.groups[0].release.readiness.failures = 4;
  one.groups[0].release.readiness.successes = 2;
  ASSERT_TRUE(scene.apply(one).ok());
  ASSERT_TRUE(scene.settles());
  const CheckPace pace = scene.proxy.servers.at("acme.shop.a").begin()->second.server.pace;
  EXPECT_EQ(pace, (CheckPace{Span(700), Span(2000), 2, 4}));
}

TEST_F(Reconciling, a_leaving_replica_is_drained_until_its_requests_have_ended_and_only_then_told_to_end) {
  ASSERT_TRUE(scene.apply(stable(2)).ok());
  ASSERT_TRUE(scene.settles());
  scene.tools.drain_limit = Span(60'000);
  scene.proxy.servers["acme.shop.a"].at("1.0-2").requests = 1;
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  scene.turn(Span(60));
  EXPECT_EQ(scene.proxy.open_servers("acme.shop.a"), NameSet{"1.0-1"});
  EXPECT_EQ(scene.processes.running(), 2) << "a request is under way";
  scene.proxy.servers["acme.shop.a"].at("1.0-2").requests = 0;
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.processes.running(), 1);
  EXPECT_THAT(scene.processes.bodies.at(101)->signals, ElementsAre(SIGTERM));
  EXPECT_TRUE(scene.preparer.cleaned.contains("1.0-2"));
}

TEST_F(Reconciling, a_leaving_replica_that_haproxy_has_open_again_is_drained_again_before_it_ends) {
  ASSERT_TRUE(scene.apply(stable(2)).ok());
  ASSERT_TRUE(scene.settles());
  scene.tools.drain_limit = Span(60'000);
  auto& entry = scene.proxy.servers["acme.shop.a"].at("1.0-2");
  entry.requests = 1;
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.turn_until([&] { return !entry.open; }));
  scene.proxy.history.clear();
  entry.open = true;  // as a worker has it that read the file before
  scene.reconciler->proxy_changed();
  ASSERT_TRUE(scene.turn_until([&] { return !entry.open; }));
  EXPECT_EQ(scene.processes.running(), 2);
  entry.requests = 0;
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.proxy.history.front(), "drain 1.0-2");
  EXPECT_EQ(scene.processes.running(), 1);
}

TEST_F(Reconciling, a_replica_that_is_not_ready_and_open_all_the_same_is_drained) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  scene.checker.failures["/1.0"] = "HTTP status 500";
  auto& entry = scene.proxy.servers["acme.shop.a"].at("1.0-1");
  ASSERT_TRUE(scene.turn_until([&] { return !entry.open; }));
  entry.open = true;
  scene.reconciler->proxy_changed();
  EXPECT_TRUE(scene.turn_until([&] { return !entry.open; }));
}

TEST_F(Reconciling, a_drain_that_does_not_end_is_cut_off_and_a_deaf_process_killed) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  scene.processes.obedient = false;
  scene.proxy.servers["acme.shop.a"].at("1.0-1").requests = 7;
  scene.reconciler->remove({"acme", "shop"});
  ASSERT_TRUE(scene.turn_until([&] { return scene.processes.running() == 0; }));
  EXPECT_THAT(scene.processes.bodies.at(100)->signals, ElementsAre(SIGTERM, SIGKILL));
  EXPECT_TRUE(scene.turn_until([&] { return scene.proxy.definitions.empty(); }));
  EXPECT_EQ(scene.observe().problems,
            std::vector<std::string>{"NOT_FOUND: application \"shop\" was never applied here"});
}

TEST_F(Reconciling, a_crash_is_restarted_with_backoff_and_a_series_of_them_is_a_crash_loop) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  for (int crash = 1; crash <= 3; ++crash) {
    ASSERT_TRUE(scene.turn_until([&] { return scene.processes.running() == 1; }));
    scene.processes.end(99 + crash, {.code = 3, .signal = {}});
    ASSERT_TRUE(scene.turn_until([&] { return of(scene.observe(), "1.0").restarts == crash; }));
  }
  const auto seen = scene.observe();
  EXPECT_EQ(of(seen, "1.0").crashing, 1);
  EXPECT_EQ(
      of(seen, "1.0").problem,
      "replica 1.0-1 exited with status 3 after 0.0 s, 3 times in a row; started again in 0.0 s; see /logs/1.0-1.log");
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.proxy.open_servers("acme.shop.a"), NameSet{"1.0-1"});
}

TEST_F(Reconciling, what_cannot_be_written_down_is_told_and_everything_goes_on_once_it_can) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  scene.turn(Span(20));
  const auto folder = scene.directory.path() / "applications";
  const auto away = scene.directory.path() / "away";
  std::filesystem::rename(folder, away);
  scene.processes.end(100, {.code = 3, .signal = {}});
  ASSERT_TRUE(scene.turn_until([&] { return !scene.observe().problems.empty(); }));
  EXPECT_THAT(scene.observe().problems.front(), HasSubstr("cannot create"));
  EXPECT_THAT([&] { scene.reconciler->remove({"acme", "shop", 5}); }, ::testing::Throws<Error>());
  std::filesystem::rename(away, folder);
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.observe().problems, std::vector<std::string>{});
  EXPECT_EQ(of(scene.observe(), "1.0").restarts, 1) << "nor was the removal that was refused carried out";
  std::vector<std::string> problems;
  EXPECT_TRUE(scene.turn_until([&] { return scene.world.load(problems).at(0).replicas.at(0).restarts == 1; }));
}

TEST_F(Reconciling, a_replica_that_is_not_ready_any_more_is_drained_and_comes_back) {
  ASSERT_TRUE(scene.apply(stable(2)).ok());
  ASSERT_TRUE(scene.settles());
  scene.checker.failures["/1.0"] = "HTTP status 500";
  ASSERT_TRUE(scene.turn_until([&] { return scene.proxy.open_servers("acme.shop.a").empty(); }));
  EXPECT_EQ(scene.processes.running(), 2) << "not ready is no reason to restart";
  scene.checker.failures.clear();
  ASSERT_TRUE(scene.settles());
}

TEST_F(Reconciling, a_new_life_adopts_what_runs_and_tells_nobody_anything) {
  ASSERT_TRUE(scene.apply(split(500'000)).ok());
  ASSERT_TRUE(scene.settles());
  scene.turn(Span(20));
  scene.proxy.history.clear();
  scene.preparer.kept.clear();
  scene.reopen();
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.processes.bodies.size(), 3U) << "nothing was started";
  EXPECT_EQ(scene.preparer.kept, (NameSet{"1.0-1", "1.0-2", "1.1-3"}));
  for (const std::string& line : scene.proxy.history) EXPECT_EQ(line, "route 500000");
  EXPECT_EQ(scene.proxy.recalled_servers.at("acme.shop.a"), (NameSet{"1.0-1", "1.0-2"}));
  EXPECT_EQ(scene.proxy.recalled_routes.at("acme/shop").route.next_ppm, 500'000U);
}

TEST_F(Reconciling, a_process_that_was_started_just_before_a_crash_of_the_provider_is_found_by_its_environment) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  std::vector<std::string> problems;
  auto record = scene.world.load(problems).at(0);
  record.replicas.at(0).pid = 0;
  scene.world.save(record, Durability::kProcess);
  scene.reopen();
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.processes.bodies.size(), 1U);
}

TEST_F(Reconciling, servers_that_no_replica_stands_behind_are_taken_out) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  scene.proxy.servers["acme.shop.a"]["stray"] = {
      .server = {"stray", "127.0.0.1:1"}, .open = true, .healthy = true, .requests = 0};
  scene.reconciler->proxy_changed();
  EXPECT_TRUE(scene.turn_until([&] { return scene.proxy.open_servers("acme.shop.a") == NameSet{"1.0-1"}; }));
}

TEST_F(Reconciling, while_the_proxy_is_down_nothing_moves_and_it_gets_everything_when_it_is_back) {
  ASSERT_TRUE(scene.apply(split(0)).ok());
  ASSERT_TRUE(scene.settles());
  scene.proxy.broken = "HAProxy does not listen";
  scene.proxy.up = false;
  EXPECT_TRUE(scene.apply(split(300'000)).ok()) << "it is durable";
  EXPECT_FALSE(scene.observe().converged);
  EXPECT_THAT(scene.observe().problems, ::testing::Contains("HAProxy does not listen"));
  EXPECT_EQ(scene.processes.running(), 3);
  scene.proxy.broken.clear();
  scene.proxy.up = true;
  scene.reconciler->proxy_changed();
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.proxy.routes.at("acme/shop").route.next_ppm, 300'000U);
}

TEST_F(Reconciling, nobody_leaves_before_a_proxy_that_does_not_answer_has_been_told) {
  ASSERT_TRUE(scene.apply(split(0)).ok());
  ASSERT_TRUE(scene.settles());
  scene.tools.drain_limit = Span(60'000);
  scene.proxy.broken = "HAProxy has not answered yet";
  scene.proxy.up = false;
  EXPECT_TRUE(scene.apply(desired(++generation, {group("stable", "1.1", 1, kAllTraffic)})).ok());
  scene.turn(Span(50));
  EXPECT_EQ(scene.processes.running(), 3) << "it may still send requests to every one of them";
  scene.proxy.broken.clear();
  scene.proxy.up = true;
  scene.reconciler->proxy_changed();
  ASSERT_TRUE(scene.settles());
  EXPECT_EQ(scene.processes.running(), 1);
}

TEST_F(Reconciling, a_replica_that_cannot_be_prepared_says_why_and_is_tried_again) {
  scene.preparer.failure = "the secret \"env:DB\" has no value";
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  scene.turn(Span(30));
  EXPECT_EQ(of(scene.observe(), "1.0").problem, "replica 1.0-1 can't start: the secret \"env:DB\" has no value");
  scene.preparer.failure.clear();
  ASSERT_TRUE(scene.settles());
}

provider::DesiredGroup of_archive(const std::string& role, const std::string& version) {
  auto made = group(role, version, 1, role == "stable" ? kAllTraffic : 0);
  made.release.artefact = {.path = "", .archive = "/srv/" + version + ".tar", .digest = "sha256:" + version};
  return made;
}

TEST_F(Reconciling, the_last_archives_stay_unpacked_and_older_ones_are_given_up) {
  EXPECT_EQ(scene.reconciler->archives_in_use(), NameSet{});
  for (const char* next : {"1.1", "1.2", "1.3", "1.4"}) {
    ASSERT_TRUE(scene.apply(desired(++generation, {of_archive("stable", "1.0"), of_archive("next", next)})).ok());
    ASSERT_TRUE(scene.settles());
  }
  const NameSet last{"sha256:1.0", "sha256:1.2", "sha256:1.3", "sha256:1.4"};
  EXPECT_EQ(scene.reconciler->archives_in_use(), last);
  scene.reopen();
  EXPECT_EQ(scene.reconciler->archives_in_use(), last) << "they are remembered";
}

TEST_F(Reconciling, while_an_application_cannot_be_read_no_archive_is_given_up) {
  write_file(scene.directory.path() / "applications" / "acme.shop.json", "not json", Durability::kProcess);
  scene.reopen();
  EXPECT_EQ(scene.reconciler->archives_in_use(), std::nullopt);
}

TEST_F(Reconciling, nothing_is_served_when_no_group_has_a_weight) {
  ASSERT_TRUE(scene.apply(stable(1)).ok());
  ASSERT_TRUE(scene.settles());
  ASSERT_TRUE(scene.apply(desired(++generation, {group("stable", "1.0", 0, 0)})).ok());
  ASSERT_TRUE(scene.settles());
  EXPECT_TRUE(scene.proxy.routes.empty());
  EXPECT_EQ(scene.processes.running(), 0);
}

TEST_F(Reconciling, header_routes_mirroring_and_stickiness_reach_the_route) {
  auto wanted = split(0);
  wanted.routes = {{"X-Canary", "always", "next"}};
  wanted.mirror = provider::Mirror{"next", 50'000, 8};
  ASSERT_TRUE(scene.apply(wanted).ok());
  ASSERT_TRUE(scene.settles());
  const RouteOrder order = scene.proxy.routes.at("acme/shop");
  EXPECT_EQ(order.route.mirror, "acme.shop.b");
  EXPECT_EQ(order.route.mirror_ppm, 50'000U);
  EXPECT_EQ(order.route.mirror_cap, 8U);
  EXPECT_EQ(order.route.sticky_header, "x-user");
  EXPECT_THAT(order.headers, ElementsAre(HeaderRoute{HeaderRoute::Match::kExact, "x-canary", "always", "next"}));
}

}  // namespace
}  // namespace slipway::local::test
