#include "host/rollout/commands.hpp"

#include <gmock/gmock.h>

#include "host/rollout/view.hpp"

namespace slipway::rollout {
namespace {

constexpr Instant kSaidBefore{1'700'000'000'000'000'000};
constexpr Instant kAsked{1'700'000'060'000'000'000};

// A canary of 1.1 that waits for a person.
class Words : public testing::Test {
 protected:
  Words() {
    record.rollout.to_release = "1.1";
    record.rollout.state = State::progressing;
    record.phase = Phase::stepping;
    set_wait(record, {strategy::WaitKind::approval, "somebody to promote", "weight 50%", {}}, kSaidBefore);
  }
  Why why_after(Action action, ActionRequest request = {}) {
    const auto change = obey(record, Word{.action = action, .request = std::move(request), .by = "ann"}, {}, kAsked);
    EXPECT_TRUE(change.ok()) << to_string(change.status());
    return change.ok() ? view(change->record, 1, nullptr).why : Why{};
  }
  void expect_no_old_wait(const Why& why) {
    EXPECT_EQ(why.waits_for, "the look at what was asked for");
    EXPECT_EQ(why.next, "");
    EXPECT_EQ(why.since, kAsked);
  }
  Record record;
};

TEST_F(Words, AfterAPromotionTheOldWaitIsOver) { expect_no_old_wait(why_after(Action::promote)); }

TEST_F(Words, AfterAPromotionToTheEndTheOldWaitIsOver) {
  expect_no_old_wait(why_after(Action::promote, {.full = true}));
}

TEST_F(Words, AfterAStepIsSkippedTheOldWaitIsOver) { expect_no_old_wait(why_after(Action::skip)); }

TEST_F(Words, AfterAnApprovalTheOldWaitIsOver) {
  record.gates.push_back({.name = "approval"});
  expect_no_old_wait(why_after(Action::approve));
}

TEST_F(Words, AfterAPauseNobodyIsWaitedFor) {
  record = obey(record, Word{.action = Action::pause}, {}, kSaidBefore)->record;
  expect_no_old_wait(why_after(Action::resume));
}

TEST_F(Words, AWayBackThatIsInstantIsNotMadeFaster) {
  record.rollout.from_release = "1.0";
  const Record back = obey(record, Word{.action = Action::abort}, {}, kSaidBefore)->record;
  EXPECT_EQ(obey(back, Word{.action = Action::abort}, {}, kAsked).status().message,
            "rollout  of  is rolling_back: it goes back already, as fast as replicas are ready; possible now: abort, "
            "rollback (both make the rest instant, while it goes back gradually; with --full (API: full) one ready "
            "replica is "
            "enough) (asked for: abort)");
}

TEST_F(Words, AWayBackIsForcedOnceAndFromItsBeginToo) {
  record.rollout.from_release = "1.0";
  const Record back = obey(record, Word{.action = Action::abort}, {}, kSaidBefore)->record;
  EXPECT_EQ(back.retreat->haste, Haste::planned);
  const Word forced{.action = Action::abort, .request = {.full = true}, .by = "ann"};
  const auto change = obey(back, forced, {}, kAsked);
  ASSERT_TRUE(change.ok()) << to_string(change.status());
  EXPECT_EQ(change->reason, "the rest was forced by ann");
  EXPECT_EQ(change->record.retreat->haste, Haste::forced);
  EXPECT_FALSE(obey(change->record, forced, {}, kAsked).ok());
  EXPECT_EQ(obey(record, forced, {}, kAsked)->record.retreat->haste, Haste::forced);
}

TEST_F(Words, AGradualWayBackIsMadeInstantOnceAndToItsOwnReleaseOnly) {
  record.rollout.from_release = "1.0";
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(600)};
  record = obey(record, Word{.action = Action::abort}, {}, kSaidBefore)->record;
  const auto elsewhere = obey(record, Word{.action = Action::rollback, .request = {.to = "0.9"}}, {}, kAsked);
  EXPECT_THAT(elsewhere.status().message, testing::HasSubstr("it can only go back to 1.0"));
  for (const Action action : {Action::abort, Action::rollback}) {
    const auto change =
        obey(record, Word{.action = action, .request = {.reason = "it burns"}, .by = "ann"}, {}, kAsked);
    ASSERT_TRUE(change.ok()) << to_string(change.status());
    EXPECT_EQ(change->reason, "the rest was made instant by ann: it burns");
    EXPECT_EQ(change->by, "ann");
    EXPECT_FALSE(obey(change->record, Word{.action = action}, {}, kAsked).ok());
  }
}

TEST_F(Words, AnApprovalThatNobodyWaitsForIsRefused) {
  EXPECT_EQ(obey(record, Word{.action = Action::approve}, {}, kAsked).status().code, Code::failed_precondition);
}

}  // namespace
}  // namespace slipway::rollout
