#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/gates/freeze-window/decide.hpp"
#include "plugins/gates/freeze-window/settings.hpp"

namespace slipway::freeze_window {
namespace {

using strategy::GateState;

Instant at(const char* text) { return *parse_instant(text); }

gate::CheckRequest request(const char* now, gate::Action action = gate::Action::advance,
                           const std::string& application = "shop") {
  gate::CheckRequest result;
  result.tenant = "acme";
  result.application = application;
  result.action = action;
  result.now = at(now);
  return result;
}

WindowSettings once(const char* from, const char* to) {
  WindowSettings window;
  window.reason = "sale";
  window.from = at(from);
  window.to = at(to);
  return window;
}

WindowSettings weekly(std::vector<Day> days, const char* from, const char* to, const char* offset = "+00:00") {
  WindowSettings window;
  window.reason = "nights";
  window.days = std::move(days);
  window.from_time = from;
  window.to_time = to;
  window.utc_offset = offset;
  return window;
}

gate::CheckReply decided(std::vector<WindowSettings> windows, const gate::CheckRequest& asked) {
  const auto read = read_windows({std::move(windows), false});
  EXPECT_TRUE(read.ok()) << to_string(read.status());
  return decide(*read, asked, GateState::pending);
}

GateState state(const std::vector<WindowSettings>& windows, const char* now) {
  return decided(windows, request(now)).state;
}

TEST(FreezeWindow, without_windows_the_way_is_free) {
  EXPECT_EQ(decided({}, request("2026-03-02T12:00:00Z")).reason, "no freeze window holds");
  EXPECT_EQ(state({}, "2026-03-02T12:00:00Z"), GateState::open);
}

TEST(FreezeWindow, a_window_holds_from_its_begin_up_to_but_not_at_its_end) {
  const std::vector<WindowSettings> windows{once("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")};
  EXPECT_EQ(state(windows, "2026-03-02T11:59:59.999999999Z"), GateState::open);
  EXPECT_EQ(state(windows, "2026-03-02T12:00:00Z"), GateState::pending);
  EXPECT_EQ(state(windows, "2026-03-02T12:59:59.999999999Z"), GateState::pending);
  EXPECT_EQ(state(windows, "2026-03-02T13:00:00Z"), GateState::open);
}

TEST(FreezeWindow, the_answer_says_why_and_until_when) {
  const auto reply = decided({once("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")}, request("2026-03-02T12:30:00Z"));
  EXPECT_EQ(reply.reason, "frozen until 2026-03-02T13:00:00Z: \"sale\"");
  EXPECT_EQ(reply.retry_at, at("2026-03-02T13:00:00Z"));
}

TEST(FreezeWindow, of_several_that_hold_the_last_end_counts) {
  const auto reply = decided(
      {once("2026-03-02T12:00:00Z", "2026-03-02T15:00:00Z"), once("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")},
      request("2026-03-02T12:30:00Z"));
  EXPECT_EQ(reply.retry_at, at("2026-03-02T15:00:00Z"));
}

// 2026-03-02 is a Monday.
TEST(FreezeWindow, a_weekly_window_that_crosses_midnight_belongs_to_the_day_of_its_begin) {
  const std::vector<WindowSettings> windows{weekly({Day::monday}, "22:00", "06:00")};
  EXPECT_EQ(state(windows, "2026-03-02T05:00:00Z"), GateState::open);
  EXPECT_EQ(state(windows, "2026-03-02T22:00:00Z"), GateState::pending);
  EXPECT_EQ(state(windows, "2026-03-03T05:59:59Z"), GateState::pending);
  EXPECT_EQ(state(windows, "2026-03-03T06:00:00Z"), GateState::open);
  EXPECT_EQ(state(windows, "2026-03-03T23:00:00Z"), GateState::open);
  EXPECT_EQ(state(windows, "2026-03-09T23:00:00Z"), GateState::pending);
}

TEST(FreezeWindow, equal_times_are_a_whole_day) {
  const std::vector<WindowSettings> windows{weekly({Day::saturday, Day::sunday}, "00:00", "00:00")};
  EXPECT_EQ(state(windows, "2026-03-06T23:59:59Z"), GateState::open);
  EXPECT_EQ(state(windows, "2026-03-07T00:00:00Z"), GateState::pending);
  EXPECT_EQ(state(windows, "2026-03-08T23:59:59Z"), GateState::pending);
  EXPECT_EQ(state(windows, "2026-03-09T00:00:00Z"), GateState::open);
}

TEST(FreezeWindow, an_offset_moves_day_and_time) {
  const std::vector<WindowSettings> east{weekly({Day::tuesday}, "01:00", "02:00", "+05:30")};
  EXPECT_EQ(state(east, "2026-03-02T19:29:59Z"), GateState::open);
  EXPECT_EQ(state(east, "2026-03-02T19:30:00Z"), GateState::pending);
  EXPECT_EQ(state(east, "2026-03-02T20:30:00Z"), GateState::open);
  const std::vector<WindowSettings> west{weekly({Day::monday}, "23:00", "23:30", "-08:00")};
  EXPECT_EQ(state(west, "2026-03-03T07:00:00Z"), GateState::pending);
}

TEST(FreezeWindow, a_leap_day_is_a_day) {
  EXPECT_EQ(state({weekly({Day::tuesday}, "00:00", "00:00")}, "2028-02-29T12:00:00Z"), GateState::pending);
}

TEST(FreezeWindow, a_window_applies_to_its_actions_applications_and_tenants_only) {
  auto window = once("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z");
  window.actions = {gate::Action::promote};
  window.applications = {"shop"};
  const char* inside = "2026-03-02T12:30:00Z";
  EXPECT_EQ(decided({window}, request(inside, gate::Action::promote)).state, GateState::pending);
  EXPECT_EQ(decided({window}, request(inside, gate::Action::start)).state, GateState::open);
  EXPECT_EQ(decided({window}, request(inside, gate::Action::promote, "search")).state, GateState::open);
  window.tenants = {"other"};
  EXPECT_EQ(decided({window}, request(inside, gate::Action::promote)).state, GateState::open);
}

TEST(FreezeWindow, outside_maintenance_it_waits_for_the_next_begin) {
  auto early = weekly({Day::monday}, "02:00", "04:00");
  auto late = weekly({Day::wednesday}, "02:00", "04:00");
  early.kind = late.kind = Kind::maintenance;
  late.reason = "mid week";
  const auto reply = decided({early, late}, request("2026-03-02T04:00:00Z"));
  EXPECT_EQ(reply.state, GateState::pending);
  EXPECT_EQ(reply.reason,
            "outside every maintenance window; the next one begins at 2026-03-04T02:00:00Z: \"mid week\"");
  EXPECT_EQ(reply.retry_at, at("2026-03-04T02:00:00Z"));
  EXPECT_EQ(decided({early, late}, request("2026-03-04T03:00:00Z")).reason,
            "inside the maintenance window \"mid week\" until 2026-03-04T04:00:00Z");
}

TEST(FreezeWindow, a_week_may_pass_until_the_next_begin) {
  auto window = weekly({Day::monday}, "02:00", "04:00");
  window.kind = Kind::maintenance;
  EXPECT_EQ(decided({window}, request("2026-03-02T05:00:00Z")).retry_at, at("2026-03-09T02:00:00Z"));
}

TEST(FreezeWindow, with_no_maintenance_ahead_it_says_so) {
  auto window = once("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z");
  window.kind = Kind::maintenance;
  const auto reply = decided({window}, request("2026-03-03T00:00:00Z"));
  EXPECT_EQ(reply.reason, "outside every maintenance window, and none lies ahead");
  EXPECT_EQ(reply.retry_at, std::nullopt);
}

TEST(FreezeWindow, a_freeze_wins_over_a_maintenance_window) {
  auto maintenance = once("2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z");
  maintenance.kind = Kind::maintenance;
  const std::vector<WindowSettings> windows{maintenance, once("2026-03-02T13:00:00Z", "2026-03-02T14:00:00Z")};
  EXPECT_EQ(state(windows, "2026-03-02T12:30:00Z"), GateState::open);
  EXPECT_EQ(state(windows, "2026-03-02T13:30:00Z"), GateState::pending);
}

TEST(FreezeWindow, every_fault_of_the_windows_is_named) {
  auto both = once("2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z");
  both.days = {Day::monday};
  auto backwards = once("2026-03-02T14:00:00Z", "2026-03-02T12:00:00Z");
  const auto read =
      read_windows({{both, backwards, WindowSettings{}, weekly({Day::monday}, "24:00", "6:00", "2")}, false});
  std::vector<std::string> faults;
  for (const Problem& problem : read.status().problems) faults.push_back(problem.path + ": " + problem.message);
  EXPECT_THAT(faults,
              testing::ElementsAre("/windows/0: want either from and to for a one-off window, or days for a weekly one",
                                   "/windows/1: want both from and to, and to after from",
                                   "/windows/2: want either from and to for a one-off window, or days for a weekly one",
                                   "/windows/3/from_time: want a time of day like \"22:30\"",
                                   "/windows/3/to_time: want a time of day like \"22:30\"",
                                   "/windows/3/utc_offset: want an offset like \"+02:00\""));
}

TEST(FreezeWindow, a_rollouts_settings_stand_over_the_configuration) {
  const Settings configured{{once("2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z")}, false};
  EXPECT_EQ(overlaid(configured, Json::object())->windows.size(), 1U);
  const auto together = overlaid(configured, {{"refuse", true}});
  EXPECT_TRUE(together->refuse);
  EXPECT_EQ(together->windows.size(), 1U);
  EXPECT_EQ(overlaid(configured, {{"windows", Json::array()}})->windows.size(), 0U);
  EXPECT_EQ(overlaid(configured, {{"window", Json::array()}}).status().code, Code::invalid_argument);
  EXPECT_EQ(overlaid(configured, 7).status().code, Code::invalid_argument);
}

}  // namespace
}  // namespace slipway::freeze_window
