#include <gmock/gmock.h>

#include <fstream>

#include "host/app/as_it_ran.hpp"
#include "host/base/files.hpp"
#include "host/base/sha256.hpp"
#include "host/loader/signature_document.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/host/app/profile_rig.hpp"

namespace slipway::app {
namespace {

using lifecycle::await_on;
using test::eventually;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(ProfileChanges, OfManyMadeFromTheSameProfileAtOnceOneComesIntoForce) {
  for (int round = 0; round < 10; ++round) {
    const std::string seen = profiles_->current()->digest;
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 6; ++i) {
      const std::string name = "r" + std::to_string(round) + "-" + std::to_string(i);
      answers.push_back(std::async(
          std::launch::async, [this, name, seen] { return await_on(runtime_, put(document("1.0.0", name), seen)); }));
    }
    int applied = 0;
    for (auto& answer : answers) {
      const Answer one = answer.get();
      if (one.ok())
        ++applied;
      else
        EXPECT_THAT(one.status().message, testing::AnyOf(StartsWith("the profile has changed since it was read"),
                                                         HasSubstr("under way: a test, by ada; try again")));
    }
    EXPECT_EQ(applied, 1);
    EXPECT_EQ(newest().digest, profiles_->current()->digest);
    EXPECT_EQ(newest().number, profiles_->current()->revision);
  }
}

TEST_F(ProfileChanges, AReturnByItselfIsARevisionWithTheProfileBefore) {
  const std::string before = profiles_->current()->digest;
  ASSERT_EQ(await_on(runtime_, put(document("1.1.0")))->state, "applied");
  for (int i = 0; i < 20; ++i) call_the_gate();
  EXPECT_TRUE(eventually([&] { return profiles_->current()->digest == before; }));
  EXPECT_EQ(profiles_->current()->revision, 3);
  EXPECT_EQ(newest().number, 3);
  EXPECT_EQ(newest().digest, before);
  EXPECT_EQ(
      newest().reason,
      "returned by itself from revision 2: 20 of 20 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 5% "
      "allowed");
}

TEST_F(ProfileChanges, TheSiteSaysHowManyFaultsOfHowManyCallsSendTheHostBackAndForHowLong) {
  site_.bake = {.time = seconds(600), .faults = Share{5'000}, .calls = 3};
  api::ProfileRequest request{.profile = document("1.1.0")};
  ASSERT_TRUE(
      await_on(runtime_, profiles_->put({.tenant = {}, .subject = "ada"}, request, {}, rollout::Mode::commit)).ok());
  EXPECT_THAT(lifecycle::Revisions(revisions_folder(site_)).watched(), ElementsAre(2));
  for (int i = 0; i < 3; ++i) call_the_gate();
  ASSERT_TRUE(eventually([&] { return profiles_->current()->revision == 3; }));
  EXPECT_THAT(newest().reason, HasSubstr("3 of 3 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 0.5% "
                                         "allowed"));
  site_.bake.time = {};
  ASSERT_TRUE(
      await_on(runtime_, profiles_->put({.tenant = {}, .subject = "ada"}, request, {}, rollout::Mode::commit)).ok());
  EXPECT_THAT(lifecycle::Revisions(revisions_folder(site_)).watched(), IsEmpty()) << "nothing is watched";
}

TEST_F(ProfileChanges, WhatIsUnwiseInAProfileFileThatIsTakenOverIsLogged) {
  Json written = document("1.0.0");
  written["plugins"]["idle"] = {{"plugin", "gate-alpha"}, {"version", "1.0.0"}};
  sources_.profile = directory_.path() / "profile.json";
  std::ofstream(sources_.profile) << written.dump();
  const auto reloaded = [this]() -> boost::asio::awaitable<bool> {
    co_await profiles_->reload_file();
    co_return true;
  };
  ASSERT_TRUE(await_on(runtime_, reloaded()));
  EXPECT_EQ(profiles_->current()->revision, 2);
  const std::lock_guard lock(mutex_);
  EXPECT_THAT(logged_, HasSubstr("/plugins/idle: is bound to no name, so nothing will call it"));
}

// The gate's version is left open, and a version that fails every call is installed and swapped to.
class OpenVersions : public ProfileChanges {
 protected:
  OpenVersions() {
    EXPECT_EQ(await_on(runtime_, put(open_below()))->state, "applied");
    EXPECT_EQ(newest().versions.at("alpha"), "1.0.0");
  }
  static Json open_below() { return document("<1.1.0"); }
  static Json open() {
    Json document = open_below();
    document["plugins"]["alpha"].erase("version");
    return document;
  }
  // As if it had been written before the newer version was installed.
  void write_open_revision() {
    lifecycle::Revision old = newest();
    old.profile = open();
    old.digest = "of an open one";
    EXPECT_TRUE(lifecycle::Revisions(revisions_folder(site_)).add(old).ok());
  }
  std::string runs() {
    for (const auto& plugin : lifecycle_.status()) {
      if (plugin.instance == "alpha" && plugin.state == lifecycle::GenerationState::active) return plugin.version;
    }
    return "none";
  }
};

TEST_F(OpenVersions, ARollbackRunsWhatTheRevisionRanAndNotWhatItsRangeTakesByNow) {
  write_open_revision();
  ASSERT_EQ(await_on(runtime_, put(document("1.1.0"), {}, {}))->state, "applied");
  EXPECT_EQ(runs(), "1.1.0");
  api::RollbackRequest to{.revision = newest().number - 1};
  const auto back =
      await_on(runtime_, profiles_->roll_back({.tenant = {}, .subject = "ada"}, to, rollout::Mode::commit));
  ASSERT_TRUE(back.ok()) << to_string(back.status());
  EXPECT_EQ(runs(), "1.0.0");
  EXPECT_EQ(newest().profile["plugins"]["alpha"]["version"], "1.0.0");
}

TEST_F(OpenVersions, WhatIsNotInstalledAnyMoreIsLeftToTheRangeAndTold) {
  std::vector<std::string> told;
  const Json document = as_it_ran(open(), {{"alpha", "0.9.0"}}, site_, {}, told);
  EXPECT_EQ(document, open());
  EXPECT_THAT(
      told, testing::ElementsAre("\"alpha\" ran gate-alpha 0.9.0, which is not installed any more; it runs in 1.1.0"));
}

TEST_F(OpenVersions, OnlyWhatWouldRunOtherwiseIsSaid) {
  std::vector<std::string> told;
  EXPECT_EQ(as_it_ran(open_below(), {{"alpha", "1.0.0"}, {"gone", "3.0.0"}}, site_, {}, told), open_below());
  EXPECT_THAT(told, testing::IsEmpty());
}

TEST_F(ProfileChanges, ARollbackAfterThatDoesNotLeadToWhatTheHostWentBackFrom) {
  const std::string before = profiles_->current()->digest;
  ASSERT_EQ(await_on(runtime_, put(document("1.1.0")))->state, "applied");
  for (int i = 0; i < 20; ++i) call_the_gate();
  ASSERT_TRUE(eventually([&] { return profiles_->current()->revision == 3; }));
  EXPECT_EQ(newest().returned_from, 2);
  const auto nowhere =
      await_on(runtime_, profiles_->roll_back({.tenant = {}, .subject = "ada"}, {}, rollout::Mode::commit));
  EXPECT_EQ(nowhere.status(), Status(Code::not_found,
                                     "the history has no earlier profile that differs from the one in force and that "
                                     "the host did not go back from by itself; name a revision"));
  EXPECT_EQ(profiles_->current()->digest, before);
}

TEST_F(ProfileChanges, ARevisionIsMarkedAsLongAsItIsWatched) {
  const lifecycle::Revisions kept(revisions_folder(site_));
  EXPECT_THAT(kept.watched(), IsEmpty());
  ASSERT_EQ(await_on(runtime_, put(document("1.0.0", "other")))->state, "applied");
  EXPECT_THAT(kept.watched(), ElementsAre(2));
  ASSERT_EQ(await_on(runtime_, put(document("1.0.0", "third")))->state, "applied");
  EXPECT_THAT(kept.watched(), ElementsAre(3));
  EXPECT_FALSE(await_on(runtime_, put(document("9.0.0"))).ok());
  EXPECT_THAT(kept.watched(), ElementsAre(3)) << "a plan that comes to nothing changes nothing";
  root_.install({.fixture = "start_fails", .id = "gate-alpha", .version = "1.3.0"});
  EXPECT_FALSE(await_on(runtime_, put(document("1.3.0"))).ok());
  EXPECT_THAT(kept.watched(), ElementsAre(3)) << "nor does a change that comes to nothing";
  ASSERT_EQ(await_on(runtime_, put(document("1.0.0"), {}, {}))->state, "applied");
  EXPECT_EQ(newest().number, 4);
  EXPECT_THAT(kept.watched(), IsEmpty()) << "without a bake time nothing is watched";
}

TEST_F(ProfileChanges, AStartForgetsTheWatchOfAChangeThatWasNeverRecorded) {
  lifecycle::Revisions kept(revisions_folder(site_));
  ASSERT_EQ(kept.watch_next().value(), 2);
  ASSERT_TRUE(await_on(runtime_, profiles_->remember_start()).ok());
  EXPECT_THAT(kept.watched(), IsEmpty());
}

TEST_F(ProfileChanges, ACleanStopEndsTheWatch) {
  ASSERT_EQ(await_on(runtime_, put(document("1.0.0", "other")))->state, "applied");
  ASSERT_TRUE(stop().ok());
  EXPECT_THAT(lifecycle::Revisions(revisions_folder(site_)).watched(), IsEmpty());
}

TEST_F(ProfileChanges, WhatTheMachineLacksIsToldBeforeAnythingChanges) {
  const Json program{{"type", "string"}, {"default", "no-such-program"}, {"x-slipway-needs", {{"what", "program"}}}};
  root_.install({.fixture = "sound",
                 .id = "gate-alpha",
                 .version = "1.4.0",
                 .more = {{"config", {{"type", "object"}, {"properties", {{"program", program}}}}}}});
  const std::string before = profiles_->current()->digest;
  const Answer answer = await_on(runtime_, put(document("1.4.0")));
  ASSERT_EQ(answer.status().code, Code::failed_precondition) << to_string(answer.status());
  EXPECT_THAT(answer.status().problems,
              testing::ElementsAre(Problem{"/plugins/alpha", "",
                                           "alpha: program \"no-such-program\" is not installed; apt-get install "
                                           "no-such-program, or name its path"}));
  EXPECT_EQ(profiles_->current()->digest, before);
  EXPECT_EQ(newest().number, 1);
}

TEST_F(ProfileChanges, APlanNamesPackagesThatAreNotSignedAndOnlyThoseThatWouldBeLoaded) {
  const Answer answer = plan(document("1.1.0"));
  ASSERT_EQ(answer.status().code, Code::permission_denied) << to_string(answer.status());
  EXPECT_EQ(answer.status().message, "packages of the profile are refused");
  ASSERT_EQ(answer.status().problems.size(), 1U);
  EXPECT_EQ(answer.status().problems[0].path, "/plugins/alpha");
  EXPECT_THAT(answer.status().problems[0].message, HasSubstr("plugin.sig"));
  const Answer unchanged = plan(document("1.0.0", "other"));
  EXPECT_TRUE(unchanged.ok()) << to_string(unchanged.status());
}

TEST_F(ProfileChanges, APlanTellsWhatTheMachineLacksAndATamperedPackageAtOnce) {
  const Json program{{"type", "string"}, {"default", "no-such-program"}, {"x-slipway-needs", {{"what", "program"}}}};
  const auto folder =
      root_.install({.fixture = "sound",
                     .id = "gate-alpha",
                     .version = "1.4.0",
                     .more = {{"config", {{"type", "object"}, {"properties", {{"program", program}}}}}}});
  std::ofstream(folder / "gate-alpha.so", std::ios::app) << "tampered";
  const Answer answer = plan(document("1.4.0"));
  EXPECT_THAT(told(answer.status()),
              testing::ElementsAre(StartsWith("/plugins/alpha: alpha: program \"no-such-program\" is not installed"),
                                   HasSubstr("SHA-256")));
}

TEST_F(ProfileChanges, TheSameProfileMendsWhatCouldNotBePutBack) {
  const Json external{{"state", {{"kind", "external"}}}};
  root_.install({.fixture = "lock_once_freed", .id = "gate-alpha", .version = "1.2.0", .more = external});
  root_.install({.fixture = "start_fails", .id = "gate-alpha", .version = "1.3.0", .more = external});
  ASSERT_EQ(await_on(runtime_, put(document("1.2.0")))->state, "applied");
  EXPECT_FALSE(await_on(runtime_, put(document("1.3.0"))).ok());
  ASSERT_EQ(lifecycle_.running(), std::set<std::string>{"db"});
  const auto mended = await_on(runtime_, put(document("1.2.0")));
  ASSERT_TRUE(mended.ok()) << to_string(mended.status());
  EXPECT_EQ(mended->state, "applied");
  ASSERT_EQ(mended->changes.instances.size(), 1U);
  EXPECT_EQ(mended->changes.instances[0].what, std::vector{lifecycle::ChangeKind::load});
  EXPECT_EQ(lifecycle_.running(), (std::set<std::string>{"alpha", "db"}));
  EXPECT_EQ(await_on(runtime_, put(document("1.2.0")))->state, "unchanged");
}

TEST_F(ProfileChanges, WhileATrialGoesOnEveryOtherChangeIsToldOfIt) {
  api::SwapRequest request{.version = "1.1.0", .reason = "careful"};
  request.share = Share{500'000};
  request.length = seconds(30);
  const auto answer = await_on(
      runtime_, profiles_->swap({.tenant = {}, .subject = "ada"}, "gates.alpha", request, rollout::Mode::commit));
  ASSERT_EQ(answer->state, "trying");
  EXPECT_EQ(await_on(runtime_, put(document("1.0.0", "other"))).status(),
            Status(Code::failed_precondition,
                   "another change of what runs is under way: swap of gates.alpha to 1.1.0: careful, by ada; try again "
                   "when it is done"));
  ASSERT_TRUE(eventually([&] { return routes_.capture()->find("gates.alpha")->trial != nullptr; }));
  for (int i = 0; i < 60; ++i) call_the_gate();
  EXPECT_TRUE(eventually([&] { return profiles_->last_trial().state != "trying"; }));
  EXPECT_EQ(profiles_->last_trial().state, "withdrawn");
  EXPECT_THAT(profiles_->last_trial().reason, StartsWith("gate-alpha 1.1.0 was withdrawn: it fails more often: "));
}

TEST_F(ProfileChanges, ASwapGrantsNothingThatNobodyHasSaid) {
  root_.install({.fixture = "sound",
                 .id = "gate-alpha",
                 .version = "1.5.0",
                 .more = {{"permissions", {{"network", {"10.0.0.1", "10.0.0.2"}}, {"secrets", true}}}}});
  for (const auto mode : {rollout::Mode::dry_run, rollout::Mode::commit}) {
    const Answer refused = swap("1.5.0", mode);
    ASSERT_EQ(refused.status().code, Code::permission_denied) << to_string(refused.status());
    EXPECT_EQ(refused.status().problems.front(),
              (Problem{"/plugins/alpha/permissions", "",
                       "gate-alpha 1.5.0 asks for more than gate-alpha 1.0.0 has: network (10.0.0.1, 10.0.0.2), "
                       "secrets (*); a swap grants nothing new: apply a profile with this version, which grants it, "
                       "or with permissions that grant less"}));
  }
  Json less = document("1.5.0");
  less["plugins"]["alpha"]["permissions"] = {{"network", {"10.0.0.1"}}};
  ASSERT_EQ(await_on(runtime_, put(less))->state, "applied");
  EXPECT_EQ(granted(), Json({{"network", {"10.0.0.1"}}}));
  EXPECT_EQ(await_on(runtime_, put(document("1.5.0")))->changes.instances.at(0).permissions_gained,
            (std::vector<std::string>{"network 10.0.0.2", "secrets *"}));
  ASSERT_EQ(swap("1.0.0", rollout::Mode::commit)->state, "applied") << "what asks for less gains nothing";
  EXPECT_EQ(granted(), Json::object());
}

TEST_F(ProfileChanges, ASwapOfAnInstanceWhosePermissionsAreSaidGrantsThose) {
  const Json both{{"permissions", {{"network", {"10.0.0.1", "10.0.0.2"}}}}};
  root_.install({.fixture = "sound", .id = "gate-alpha", .version = "1.5.0", .more = both});
  root_.install({.fixture = "sound", .id = "gate-alpha", .version = "1.6.0", .more = {{"permissions", {"network"}}}});
  Json said = document("1.5.0");
  said["plugins"]["alpha"]["permissions"] = {{"network", {"10.0.0.1"}}};
  ASSERT_EQ(await_on(runtime_, put(said))->state, "applied");
  ASSERT_EQ(swap("1.6.0", rollout::Mode::commit)->state, "applied");
  EXPECT_EQ(granted(), Json({{"network", {"10.0.0.1"}}}));
  const Answer less = swap("1.0.0", rollout::Mode::commit);
  ASSERT_EQ(less->state, "applied") << "what asks for less than the profile says is granted less";
  EXPECT_THAT(less->warnings, testing::ElementsAre(HasSubstr(
                                  "/plugins/alpha/permissions: gate-alpha 1.0.0 does not ask for network (10.0.0.1) in "
                                  "its plugin.json; only what both say is granted")));
  EXPECT_EQ(granted(), Json::object());
}

constexpr auto kSwapGrantsNothing =
    ": network (*); a swap grants nothing new: apply a profile with this version, which grants it, or with permissions "
    "that grant less";

TEST_F(ProfileChanges, ASwapGrantsNothingToAnotherInstanceOfWhichItTakesANewerVersion) {
  root_.install({.fixture = "sound", .id = "gate-beta"});
  root_.install({.fixture = "sound", .id = "gate-alpha", .version = "1.4.0"});
  Json two = document("1.0.0");
  two["plugins"]["beta"] = {{"plugin", "gate-beta"}, {"version", "^1"}};
  two["bindings"]["gates.beta"] = "beta";
  ASSERT_EQ(await_on(runtime_, put(two))->state, "applied");
  root_.install({.fixture = "sound", .id = "gate-beta", .version = "1.1.0", .more = {{"permissions", {"network"}}}});
  const Answer refused = swap("1.4.0", rollout::Mode::commit);
  ASSERT_EQ(refused.status().code, Code::permission_denied) << to_string(refused.status());
  EXPECT_EQ(refused.status().problems,
            (Problems{{"/plugins/beta/permissions", "",
                       std::string("gate-beta 1.1.0 asks for more than gate-beta 1.0.0 has") + kSwapGrantsNothing}}));
  two["plugins"]["beta"]["permissions"] = {{"network", false}};
  ASSERT_EQ(await_on(runtime_, put(two))->state, "applied");
  EXPECT_EQ(swap("1.4.0", rollout::Mode::commit)->state, "applied") << "now the profile says it";
}

TEST_F(ProfileChanges, ASwapGrantsNothingToAnInstanceThatWasRevokedMeanwhile) {
  const auto folder = root_.path() / "gate-alpha" / "1.0.0";
  const std::string manifest = base::read_file(folder / "plugin.json").value();
  const std::map<std::string, std::string> files{
      {"gate-alpha.so", base::sha256_hex_of_file(folder / "gate-alpha.so").value()}};
  const loader::PrivateKey key = loader::PrivateKey::generate();
  loader::TrustSettings settings{.keys = {{"acme", key.public_key(), {"*"}}}};
  trust_.replace(std::make_shared<const loader::TrustPolicy>(settings));
  const std::string signature = to_text(loader::sign_manifest(manifest, key).value());
  ASSERT_TRUE(trust_.check({folder, "gate-alpha", "1.0.0", manifest, files, "gate-alpha.so", signature}).ok());
  settings.revoked_digests = {files.at("gate-alpha.so")};
  trust_.replace(std::make_shared<const loader::TrustPolicy>(settings));
  ASSERT_EQ(await_on(runtime_, put(document("1.0.0", "retired")))->state, "applied");
  ASSERT_EQ(lifecycle_.running(), std::set<std::string>{"db"});
  root_.install(
      {.fixture = "gate_is_slow", .id = "gate-alpha", .version = "1.5.0", .more = {{"permissions", {"network"}}}});
  const Answer refused = swap("1.5.0", rollout::Mode::commit);
  EXPECT_EQ(refused.status().problems,
            (Problems{{"/plugins/alpha/permissions", "",
                       std::string("gate-alpha 1.5.0 asks for more than nothing, and no version of it is in force") +
                           kSwapGrantsNothing}}));
}

TEST_F(ProfileChanges, ASlowVersionIsWithdrawnForItsLatency) {
  std::filesystem::copy(std::filesystem::path(PLUGINS_ROOT) / "analyzer-threshold", root_.path() / "analyzer-threshold",
                        std::filesystem::copy_options::recursive);
  root_.install({.fixture = "gate_is_slow", .id = "gate-alpha", .version = "1.2.0"});
  Json profile = document("1.0.0");
  profile["plugins"]["threshold"] = {{"plugin", "analyzer-threshold"}};
  profile["bindings"]["analyzers.threshold"] = "threshold";
  ASSERT_EQ(await_on(runtime_, put(profile))->state, "applied");
  api::SwapRequest request{.version = "1.2.0", .reason = "careful"};
  request.share = Share{500'000};
  request.length = seconds(600);
  request.analyzer = "threshold";
  request.settings["failure"] = "latency_p95 > 20";
  request.settings["min_requests"] = 10;
  request.settings["insufficient_data_limit"] = 1000;
  const auto answer = await_on(
      runtime_, profiles_->swap({.tenant = {}, .subject = "ada"}, "gates.alpha", request, rollout::Mode::commit));
  ASSERT_EQ(answer->state, "trying");
  ASSERT_TRUE(eventually([&] {
    call_the_gate();
    return profiles_->last_trial().state != "trying";
  }));
  EXPECT_EQ(profiles_->last_trial().state, "withdrawn");
  EXPECT_THAT(profiles_->last_trial().reason,
              StartsWith("gate-alpha 1.2.0 was withdrawn: analyzer threshold says fail: latency_p95 "));
}

}  // namespace
}  // namespace slipway::app
