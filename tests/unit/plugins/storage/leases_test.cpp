#include <atomic>

#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

using storage::LeaseAction;

// The store's time as the test turns it.
class Leases : public StoreTest {
 protected:
  sqlite::StoreSettings turned() {
    auto result = settings();
    result.time = {[this] { return wall_.load(); }, [this] { return steady_.load(); }};
    return result;
  }
  void pass(Duration span) {
    wall_ += span.ns;
    steady_ += span.ns;
  }
  std::atomic<std::int64_t> wall_{seconds(1'000'000).ns};
  std::atomic<std::int64_t> steady_{0};
};

storage::LeaseRequest wants(const std::string& owner, LeaseAction action = LeaseAction::acquire,
                            std::int64_t token = 0) {
  return {"engine", owner, action, token, seconds(10)};
}

TEST_F(Leases, a_lease_that_ran_out_goes_to_the_next_with_a_larger_token) {
  sqlite::Store store(turned());
  const auto first = lease(store, wants("one"));
  pass(seconds(10));
  const auto second = lease(store, wants("two"));
  ASSERT_TRUE(second.ok()) << second.status().message;
  EXPECT_GT(second->token, first->token);
}

TEST_F(Leases, an_owner_that_was_late_gets_a_larger_token_too) {
  sqlite::Store store(turned());
  const auto first = lease(store, wants("one"));
  pass(seconds(11));
  EXPECT_GT(lease(store, wants("one"))->token, first->token);
}

TEST_F(Leases, renewing_one_that_ran_out_is_refused_with_the_way_out) {
  sqlite::Store store(turned());
  const auto first = lease(store, wants("one"));
  pass(seconds(10));
  const auto renewed = lease(store, wants("one", LeaseAction::renew, first->token));
  EXPECT_EQ(to_string(renewed.status()),
            "FAILED_PRECONDITION: lease \"engine\": \"one\" has lost it under token 1; \"one\" holds it under token 1, "
            "which ran out at "
            "1970-01-12T13:46:50Z; acquire it again");
}

TEST_F(Leases, a_batch_under_a_lease_that_ran_out_is_aborted) {
  sqlite::Store store(turned());
  const auto held = lease(store, wants("one"));
  storage::WriteRequest batch{.expect_leases = {{"engine", held->token}}, .puts = {put("a", "1")}};
  EXPECT_TRUE(write(store, batch).ok());
  pass(seconds(10));
  EXPECT_EQ(to_string(write(store, batch).status()),
            "ABORTED: lease \"engine\": is not held under token 1; \"one\" holds it under token 1, which ran out at "
            "1970-01-12T13:46:50Z");
}

TEST_F(Leases, a_wall_clock_that_steps_back_neither_lengthens_nor_ends_a_lease) {
  sqlite::Store store(turned());
  ASSERT_TRUE(lease(store, wants("one")).ok());
  wall_ -= seconds(3600).ns;
  pass(seconds(9));
  EXPECT_EQ(lease(store, wants("two")).status().code, Code::failed_precondition);
  pass(seconds(1));
  EXPECT_TRUE(lease(store, wants("two")).ok());
}

TEST_F(Leases, a_wall_clock_that_stepped_back_between_two_starts_does_not_lengthen_a_lease) {
  {
    sqlite::Store store(turned());
    ASSERT_TRUE(lease(store, wants("one")).ok());
  }
  wall_ -= seconds(3600).ns;
  sqlite::Store store(turned());
  pass(seconds(10));
  EXPECT_TRUE(lease(store, wants("two")).ok());
}

TEST_F(Leases, a_batch_name_is_forgotten_after_a_day) {
  sqlite::Store store(turned());
  const storage::WriteRequest batch{.batch = "b1", .puts = {put("a", "1")}};
  EXPECT_EQ(write(store, batch)->versions.at(0), 1);
  pass(seconds(24 * 3600 - 1));
  EXPECT_EQ(write(store, batch)->versions.at(0), 1);
  pass(seconds(1));
  EXPECT_EQ(write(store, batch)->versions.at(0), 2);
}

}  // namespace
}  // namespace slipway::test
