#include "host/lifecycle/rule_changes.hpp"

#include <gmock/gmock.h>

namespace slipway::lifecycle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

manifest::DefaultGate gate_for(const std::string& binding, std::vector<std::string> applications = {},
                               Json settings = Json::object()) {
  return {binding, std::move(settings), {.applications = std::move(applications), .strategies = {}, .actions = {}}};
}

// "gate freeze: every rollout -> applications shop (settings)"
std::vector<std::string> told(const manifest::Profile& from, const manifest::Profile& to) {
  std::vector<std::string> lines;
  for (const RuleChange& change : compare_rules(from, to))
    lines.push_back(std::string(to_name(change.kind)) + " " + change.binding + ": " + change.from + " -> " + change.to +
                    (change.settings_differ ? " (settings)" : ""));
  return lines;
}

TEST(RuleChanges, AnotherOrderChangesNothing) {
  manifest::Profile from;
  from.gates = {gate_for("freeze"), gate_for("owner", {"shop"})};
  from.notifications = {{"chat", {"rollout.*"}}};
  manifest::Profile to = from;
  std::swap(to.gates[0], to.gates[1]);
  EXPECT_THAT(compare_rules(from, to), IsEmpty());
}

TEST(RuleChanges, WhatComesGoesOrHoldsForSomethingElseIsNamed) {
  manifest::Profile from;
  from.gates = {gate_for("freeze"), gate_for("owner", {"shop", "blog"})};
  from.notifications = {{"chat", {"rollout.failed", "rollout.held"}}};
  manifest::Profile to;
  to.gates = {gate_for("owner", {"shop"}), {"budget", Json::object(), {{}, {"canary"}, {"start", "promote"}}}};
  to.notifications = {{"chat", {"*"}}, {"pager", {"rollout.failed"}}};
  EXPECT_THAT(
      told(from, to),
      ElementsAre("gate freeze: every rollout -> ", "gate owner: applications shop, blog -> applications shop",
                  "gate budget:  -> strategies canary; actions start, promote",
                  "notification chat: rollout.failed, rollout.held -> *", "notification pager:  -> rollout.failed"));
}

TEST(RuleChanges, OtherSettingsAreToldAndNeverShown) {
  manifest::Profile from;
  from.gates = {gate_for("freeze", {}, {{"token", "s3cret"}})};
  manifest::Profile to;
  to.gates = {gate_for("freeze", {}, {{"token", "0ther"}})};
  EXPECT_THAT(told(from, to), ElementsAre("gate freeze: every rollout -> every rollout (settings)"));
  EXPECT_EQ(encode_text(compare_rules(from, to).at(0)).find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace slipway::lifecycle
