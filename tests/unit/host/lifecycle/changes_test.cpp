#include "host/lifecycle/changes.hpp"

#include <gmock/gmock.h>

namespace slipway::lifecycle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlannedInstance instance(const std::string& name, const std::string& plugin, const std::string& version) {
  PlannedInstance one;
  one.name = name;
  one.package.manifest.id = plugin;
  one.package.manifest.version = *base::parse_version(version);
  one.package.manifest_digest = plugin + version;
  one.config = Json::object();
  one.bindings = {"gates." + name};
  return one;
}

PlannedInstance with_state(PlannedInstance one, manifest::StateKind kind, std::vector<std::uint32_t> reads,
                           std::uint32_t writes) {
  one.package.manifest.state = {kind, std::move(reads), writes};
  return one;
}

Plan plan(std::vector<PlannedInstance> instances) { return {"dev", std::move(instances)}; }

TEST(Changes, NothingDiffersFromItself) {
  const Plan same = plan({instance("a", "gate-a", "1.0.0")});
  EXPECT_TRUE(compare(same, same, {}).value().empty());
}

TEST(Changes, AnotherVersionIsASwapBesideTheOldOne) {
  const auto changes =
      compare(plan({instance("a", "gate-a", "1.0.0")}), plan({instance("a", "gate-a", "1.1.0")}), {}).value();
  ASSERT_EQ(changes.instances.size(), 1U);
  const InstanceChange& change = changes.instances[0];
  EXPECT_THAT(change.what, ElementsAre(ChangeKind::swap));
  EXPECT_EQ(change.from + " " + change.to, "gate-a 1.0.0 gate-a 1.1.0");
  EXPECT_EQ(change.hand_over, HandOver::beside);
  EXPECT_THAT(changes.bindings, IsEmpty());
}

TEST(Changes, ConfigurationIsNamedByPathAndNeverShown) {
  auto from = instance("a", "gate-a", "1.0.0");
  auto to = from;
  from.config = {{"url", "http://old"}, {"limits", {{"calls", 1}, {"bytes", 2}}}};
  to.config = {{"url", "http://new"}, {"limits", {{"calls", 9}, {"bytes", 2}}}, {"token", "s3cret"}};
  const auto changes = compare(plan({from}), plan({to}), {}).value();
  EXPECT_THAT(changes.instances.at(0).what, ElementsAre(ChangeKind::configure));
  EXPECT_THAT(changes.instances.at(0).configuration, ElementsAre("/limits/calls", "/token", "/url"));
  EXPECT_EQ(encode_text(changes).find("s3cret"), std::string::npos);
}

TEST(Changes, PermissionsAreGainedAndLost) {
  auto from = instance("a", "gate-a", "1.0.0");
  auto to = from;
  from.permissions.network.allowed = {"10.0.0.1", "10.0.0.2"};
  to.permissions.network.allowed = {"10.0.0.2", "10.0.0.3"};
  to.permissions.secrets.allowed = {"*"};
  const auto change = compare(plan({from}), plan({to}), {}).value().instances.at(0);
  EXPECT_THAT(change.what, ElementsAre(ChangeKind::permit));
  EXPECT_THAT(change.permissions_gained, ElementsAre("network 10.0.0.3", "secrets *"));
  EXPECT_THAT(change.permissions_lost, ElementsAre("network 10.0.0.1"));
}

TEST(Changes, ASocketInAFolderThatIsGrantedIsAChange) {
  auto from = instance("a", "gate-a", "1.0.0");
  auto to = from;
  from.permissions.files.allowed = {"/run/postgresql"};
  to.permissions.files.allowed = {"/run/postgresql/", "/run/postgresql/.s.PGSQL.5432"};
  const auto changes = compare(plan({from}), plan({to}), {}).value();
  ASSERT_EQ(changes.instances.size(), 1U);
  EXPECT_THAT(changes.instances[0].what, ElementsAre(ChangeKind::permit));
  EXPECT_THAT(changes.instances[0].permissions_gained, ElementsAre("files /run/postgresql/.s.PGSQL.5432"));
  EXPECT_THAT(changes.instances[0].permissions_lost, IsEmpty());
}

TEST(Changes, AnotherPlacementIsOneChange) {
  auto to = instance("a", "gate-a", "1.0.0");
  to.placement = manifest::Placement::isolated;
  const auto changes = compare(plan({instance("a", "gate-a", "1.0.0")}), plan({to}), {}).value();
  EXPECT_THAT(changes.instances.at(0).what, ElementsAre(ChangeKind::place));
}

TEST(Changes, WhatGoesAndWhatComesAndWhatIsOnlyDisabled) {
  const auto changes = compare(plan({instance("a", "gate-a", "1.0.0"), instance("b", "gate-b", "1.0.0")}),
                               plan({instance("c", "gate-c", "2.0.0")}), {"b"})
                           .value();
  ASSERT_EQ(changes.instances.size(), 3U);
  EXPECT_THAT(changes.instances[0].what, ElementsAre(ChangeKind::remove));
  EXPECT_THAT(changes.instances[1].what, ElementsAre(ChangeKind::disable));
  EXPECT_THAT(changes.instances[2].what, ElementsAre(ChangeKind::load));
  ASSERT_EQ(changes.bindings.size(), 3U);
  EXPECT_EQ(changes.bindings[0].binding + changes.bindings[0].from + changes.bindings[0].to, "gates.aa");
  EXPECT_EQ(changes.bindings[2].binding + changes.bindings[2].from + changes.bindings[2].to, "gates.cc");
}

TEST(Changes, ASnapshotThatCanNotBeReadIsRefusedWithBothVersions) {
  using enum manifest::StateKind;
  const auto from = with_state(instance("a", "gate-a", "1.0.0"), snapshot, {1}, 1);
  const auto to = with_state(instance("a", "gate-a", "3.0.0"), snapshot, {2, 3}, 3);
  const Status status = compare(plan({from}), plan({to}), {}).status();
  ASSERT_EQ(status.problems.size(), 1U);
  EXPECT_EQ(status.problems[0].path, "/plugins/a");
  EXPECT_EQ(status.problems[0].message,
            "gate-a 3.0.0 reads state of version 2, 3, gate-a 1.0.0 writes version 1; go over a version that reads it");
}

TEST(Changes, AStateThatTheOldVersionDoesNotReadCanNotBeUndone) {
  using enum manifest::StateKind;
  const auto from = with_state(instance("a", "gate-a", "1.0.0"), external, {1}, 1);
  const auto to = with_state(instance("a", "gate-a", "2.0.0"), external, {1, 2}, 2);
  const auto change = compare(plan({from}), plan({to}), {}).value().instances.at(0);
  EXPECT_EQ(change.hand_over, HandOver::exchange);
  EXPECT_EQ(change.state, StateFate::external);
  EXPECT_THAT(change.notes, ElementsAre("can't be undone for state that is written meanwhile: gate-a 2.0.0 writes "
                                        "version 2, which gate-a 1.0.0 does not read"));
}

TEST(Changes, AnotherPluginDropsWhatTheOldOneKnows) {
  using enum manifest::StateKind;
  const auto from = with_state(instance("a", "gate-a", "1.0.0"), snapshot, {1}, 1);
  const auto change = compare(plan({from}), plan({instance("a", "gate-b", "1.0.0")}), {}).value().instances.at(0);
  EXPECT_EQ(change.state, StateFate::dropped);
  EXPECT_THAT(change.notes, ElementsAre("what gate-a 1.0.0 knows is not handed to gate-b 1.0.0"));
}

TEST(Changes, AVersionThatKeepsNoSnapshotDropsWhatTheOldOneKnows) {
  using enum manifest::StateKind;
  const auto from = with_state(instance("a", "gate-a", "1.0.0"), snapshot, {1}, 1);
  const auto to = with_state(instance("a", "gate-a", "2.0.0"), external, {1}, 0);
  const auto change = compare(plan({from}), plan({to}), {}).value().instances.at(0);
  EXPECT_EQ(change.state, StateFate::dropped);
  EXPECT_THAT(change.notes, ElementsAre("what gate-a 1.0.0 knows is not handed to gate-a 2.0.0"));
}

}  // namespace
}  // namespace slipway::lifecycle
