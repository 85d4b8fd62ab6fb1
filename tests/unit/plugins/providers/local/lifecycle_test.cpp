#include "plugins/providers/local/replica/lifecycle.hpp"

#include <gtest/gtest.h>

#include "plugins/providers/local/replica/backoff.hpp"
#include "plugins/providers/local/replica/check_series.hpp"

namespace slipway::local {
namespace {

using std::chrono::milliseconds;

const Moment kNow = Moment{} + std::chrono::hours(1);

ReplicaFacts running(Listing listing) {
  ReplicaFacts facts;
  facts.alive = facts.passing = facts.has_backend = true;
  facts.listing = listing;
  return facts;
}

ReplicaFacts leaving(Listing listing) {
  ReplicaFacts facts = running(listing);
  facts.goal = Goal::kLeave;
  return facts;
}

Step step(const ReplicaFacts& facts) { return next_step(facts, kNow).step; }

TEST(Lifecycle, one_that_leaves_waits_until_no_edge_routes_to_it_but_not_for_ever) {
  ReplicaFacts facts = leaving(Listing::kDraining);
  facts.draining = facts.held = true;
  facts.leave_by = kNow + milliseconds(10);
  EXPECT_EQ(next_step(facts, kNow), (NextStep{Step::kWait, facts.leave_by}));
  EXPECT_EQ(next_step(facts, facts.leave_by).step, Step::kTerminate);
  facts.held = false;
  EXPECT_EQ(step(facts), Step::kTerminate);
}

TEST(Lifecycle, starts_what_does_not_run_but_not_before_its_backoff_is_over) {
  ReplicaFacts facts;
  EXPECT_EQ(step(facts), Step::kStart);
  facts.start_at = kNow + milliseconds(5);
  EXPECT_EQ(next_step(facts, kNow), (NextStep{Step::kWait, facts.start_at}));
}

TEST(Lifecycle, arrives_listed_proven_and_admitted_in_this_order) {
  EXPECT_EQ(step(running(Listing::kAbsent)), Step::kList);
  EXPECT_EQ(step(running(Listing::kUnproven)), Step::kProve);
  EXPECT_EQ(step(running(Listing::kProven)), Step::kAdmit);
  EXPECT_EQ(step(running(Listing::kServing)), Step::kWait);
  EXPECT_EQ(step(running(Listing::kDraining)), Step::kAdmit) << "it was drained while it was not ready";
}

TEST(Lifecycle, is_not_listed_before_it_passes_and_is_drained_when_it_does_no_more) {
  ReplicaFacts facts = running(Listing::kAbsent);
  facts.passing = false;
  EXPECT_EQ(step(facts), Step::kWait);
  facts.listing = Listing::kServing;
  EXPECT_EQ(step(facts), Step::kDrain);
}

TEST(Lifecycle, looks_before_it_acts_when_haproxys_tables_are_not_known) {
  ReplicaFacts facts = leaving(Listing::kServing);
  facts.listing_known = false;
  EXPECT_EQ(step(facts), Step::kLook);
  facts.has_backend = false;
  EXPECT_EQ(step(facts), Step::kTerminate) << "nobody routes to it: it may go without a drain";
}

TEST(Lifecycle, one_that_leaves_waits_for_a_haproxy_that_may_still_route_to_it_but_not_for_ever) {
  ReplicaFacts facts = leaving(Listing::kServing);
  facts.has_backend = false;
  facts.may_be_routed_to = true;
  facts.leave_by = kNow + milliseconds(9);
  EXPECT_EQ(next_step(facts, kNow), (NextStep{Step::kWait, facts.leave_by}));
  facts.leave_by = kNow;
  EXPECT_EQ(step(facts), Step::kTerminate);
}

TEST(Lifecycle, leaves_drained_counted_terminated_killed_and_unlisted_in_this_order) {
  ReplicaFacts facts = leaving(Listing::kServing);
  EXPECT_EQ(step(facts), Step::kDrain);
  facts.draining = facts.busy = true;
  facts.drain_until = kNow + milliseconds(1);
  EXPECT_EQ(step(facts), Step::kCount);
  facts.drain_until = kNow;
  EXPECT_EQ(step(facts), Step::kTerminate) << "the drain has its deadline";
  facts.terminating = true;
  facts.kill_at = kNow + milliseconds(7);
  EXPECT_EQ(next_step(facts, kNow), (NextStep{Step::kWait, facts.kill_at}));
  facts.kill_at = kNow;
  EXPECT_EQ(step(facts), Step::kKill);
  facts.killed = true;
  EXPECT_EQ(next_step(facts, kNow), NextStep{}) << "nothing is left to do but to wait for its end";
  facts.alive = false;
  EXPECT_EQ(step(facts), Step::kUnlist);
  facts.listing = Listing::kAbsent;
  EXPECT_EQ(step(facts), Step::kForget);
}

TEST(Lifecycle, a_dead_one_is_unlisted_before_it_is_started_again) {
  ReplicaFacts facts = running(Listing::kServing);
  facts.alive = facts.passing = false;
  EXPECT_EQ(step(facts), Step::kUnlist);
  facts.listing = Listing::kAbsent;
  EXPECT_EQ(step(facts), Step::kStart);
}

TEST(Lifecycle, a_condemned_one_leaves_like_any_other_and_is_then_started_again) {
  ReplicaFacts facts = running(Listing::kServing);
  facts.condemned = true;
  EXPECT_EQ(step(facts), Step::kDrain);
  facts.alive = false;
  facts.listing = Listing::kAbsent;
  EXPECT_EQ(step(facts), Step::kAbsolve);
}

TEST(Backoff, doubles_to_its_longest_and_counts_a_crash_loop) {
  Backoff backoff({milliseconds(100), milliseconds(350), milliseconds(1000), 3});
  EXPECT_EQ(backoff.ended(milliseconds(1), 0), milliseconds(100));
  EXPECT_EQ(backoff.ended(milliseconds(1), 0), milliseconds(200));
  EXPECT_FALSE(backoff.crash_loop());
  EXPECT_EQ(backoff.ended(milliseconds(1), 0), milliseconds(350));
  EXPECT_TRUE(backoff.crash_loop());
  EXPECT_EQ(backoff.ended(milliseconds(1000), 0), milliseconds(100)) << "a long run ends the series";
  EXPECT_FALSE(backoff.crash_loop());
}

TEST(Backoff, jitter_shortens_the_wait_by_a_quarter_at_most) {
  EXPECT_EQ(Backoff({}).ended(milliseconds(1), 1.0), milliseconds(375));
  EXPECT_EQ(Backoff({}).ended(milliseconds(1), 7.0), milliseconds(375));
}

TEST(CheckSeries, turns_only_after_its_numbers_in_a_row) {
  CheckSeries series(2, 3);
  EXPECT_EQ(series.passed(), Health::kUnknown);
  EXPECT_EQ(series.failed(), Health::kUnknown);
  EXPECT_EQ(series.passed(), Health::kUnknown);
  EXPECT_EQ(series.passed(), Health::kGood);
  EXPECT_EQ(series.failed(), Health::kGood);
  EXPECT_EQ(series.failed(), Health::kGood);
  EXPECT_EQ(series.failed(), Health::kBad);
}

}  // namespace
}  // namespace slipway::local
