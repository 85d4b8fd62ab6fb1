#include "host/app/trust.hpp"

#include <gmock/gmock.h>

#include "host/loader/signature_document.hpp"
#include "tests/support/manual_clock.hpp"

namespace slipway::app {
namespace {

using lifecycle::GenerationState;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kDigest(64, 'a');

// One package that was let in by its vendor's signature, and what runs of it.
class Revocations : public testing::Test {
 protected:
  Revocations() {
    const std::string manifest = R"({"id":"acme.greeter","version":"1.0.0"})";
    const std::string signature = to_text(loader::sign_manifest(manifest, key_).value());
    const std::map<std::string, std::string> files{{"acme.greeter.so", kDigest}};
    EXPECT_TRUE(
        trust_.check({"/plugins/acme.greeter", "acme.greeter", "1.0.0", manifest, files, "acme.greeter.so", signature})
            .ok());
  }
  loader::TrustSettings settings() const { return {.keys = {{"acme", key_.public_key(), {"acme."}}}}; }
  void revoke() {
    loader::TrustSettings revoked = settings();
    revoked.revoked_digests = {kDigest};
    trust_.replace(std::make_shared<const loader::TrustPolicy>(std::move(revoked)));
  }
  static lifecycle::PluginStatus greeter(GenerationState state) {
    lifecycle::PluginStatus status;
    status.id = "acme.greeter";
    status.version = "1.0.0";
    status.instance = "hello";
    status.digest = kDigest;
    status.state = state;
    return status;
  }
  // The instance as a profile wants it.
  static InForce wanted() {
    lifecycle::PlannedInstance planned;
    planned.name = "hello";
    planned.package.manifest.id = "acme.greeter";
    planned.package.manifest.library = "acme.greeter.so";
    planned.package.manifest.files = {{"acme.greeter.so", kDigest}};
    InForce wanted;
    wanted.plan.instances.push_back(std::move(planned));
    return wanted;
  }

  Problems take_out(InForce& next, const lifecycle::Plan& running) {
    return take_out_revoked(next, running, trust_, warnings_);
  }

  std::vector<std::string> warnings_;
  const loader::PrivateKey key_ = loader::PrivateKey::generate();
  loader::CurrentTrust trust_{std::make_shared<const loader::TrustPolicy>(settings())};
};

TEST_F(Revocations, WhatRunsOfARevokedPackageSaysSoAndWhatEndedDoesNot) {
  EXPECT_EQ(revocation_of(trust_, greeter(GenerationState::active)), "");
  revoke();
  for (const auto state : {GenerationState::prepared, GenerationState::warm, GenerationState::active})
    EXPECT_THAT(revocation_of(trust_, greeter(state)), HasSubstr("revoked: ")) << to_name(state);
  for (const auto state : {GenerationState::staged, GenerationState::unloaded, GenerationState::failed})
    EXPECT_EQ(revocation_of(trust_, greeter(state)), "") << to_name(state);
}

TEST_F(Revocations, EachThatRunsIsARecordOfTheLog) {
  std::vector<std::string> lines;
  test::ManualClock clock;
  const auto log = telemetry::Log::to([&](std::string_view line) { lines.emplace_back(line); }, {}, clock);
  telemetry::Metrics metrics;
  revoke();
  report_revocations(revoked_uses(trust_, {greeter(GenerationState::active), greeter(GenerationState::unloaded)}), log,
                     metrics);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("a plugin runs although this site does not trust it any more"));
  EXPECT_THAT(lines[0], HasSubstr("hello"));
  EXPECT_THAT(metrics.text(), HasSubstr("\nslipway_plugins_revoked 1\n"));
}

TEST_F(Revocations, EachThatRunsIsAnEventOfTheSite) {
  revoke();
  const auto uses = revoked_uses(trust_, {greeter(GenerationState::active)});
  ASSERT_EQ(uses.size(), 1U);
  const rollout::Event event = event_of(uses[0]);
  EXPECT_EQ(event.type, "plugin.revoked");
  EXPECT_EQ(event.tenant, "default");
  EXPECT_EQ(event.summary, "acme.greeter 1.0.0 runs as \"hello\" although this site does not trust it any more: " +
                               revocation_of(trust_, greeter(GenerationState::active)));
  EXPECT_THAT(event.data.text, HasSubstr(R"("instance":"hello")"));
}

TEST_F(Revocations, AProfileThatWantsARevokedPackageThatDoesNotRunIsRefusedByItsInstance) {
  InForce next = wanted();
  EXPECT_THAT(take_out(next, {}), IsEmpty());
  revoke();
  const Problems refused = take_out(next, {});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].path, "/plugins/hello");
}

TEST_F(Revocations, OneThatRunsIsTakenOutOfTheNextPlanWithAWarning) {
  revoke();
  InForce next = wanted();
  EXPECT_THAT(take_out(next, wanted().plan), IsEmpty());
  EXPECT_THAT(next.plan.instances, IsEmpty());
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("\"hello\" is retired, and its bindings lead nowhere: "));
}

TEST_F(Revocations, WhatKeepsTheJournalIsRefusedAndNotTakenOut) {
  revoke();
  InForce next = wanted();
  next.plan.instances[0].bindings = {"storage"};
  EXPECT_EQ(take_out(next, next.plan).size(), 1U);
  EXPECT_EQ(next.plan.instances.size(), 1U);
}

TEST_F(Revocations, ARuleBoundsWhereAPluginMayRun) {
  loader::TrustSettings ruled = settings();
  ruled.rules = {{.plugins = {"acme."}, .placements = {manifest::Placement::isolated}, .at_most = {}}};
  trust_.replace(std::make_shared<const loader::TrustPolicy>(std::move(ruled)));
  InForce next = wanted();
  const Problems refused = take_out(next, {});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0].message, HasSubstr("isolated"));
}

}  // namespace
}  // namespace slipway::app
