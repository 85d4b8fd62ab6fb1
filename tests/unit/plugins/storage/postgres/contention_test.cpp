#include "plugins/storage/postgres/tables.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

class Contention : public PostgresTest {
 protected:
  // The next `count` writes of a record fail so.
  void fail_writes(int count, const std::string& state) {
    (void)server_.sql(
        "CREATE SEQUENCE slipway.failures; GRANT ALL ON slipway.failures TO slipway_app;"
        "CREATE FUNCTION slipway.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('slipway.failures') <= " +
        std::to_string(count) +
        " THEN"
        " RAISE EXCEPTION 'as the test wants' USING ERRCODE = '" +
        state +
        "'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER fail BEFORE INSERT ON slipway.records FOR EACH ROW EXECUTE FUNCTION slipway.fail()");
  }
  std::vector<Duration> pauses_;
  postgres::StoreSettings watched(int attempts) {
    auto result = settings();
    result.writer.attempts = attempts;
    result.writer.pause = [this](Duration time) { pauses_.push_back(time); };
    return result;
  }
};

TEST_F(Contention, a_write_that_another_transaction_spoilt_is_tried_again) {
  for (const char* state : {"40001", "40P01"}) {
    PostgresServer& server = server_;
    postgres::Store store(watched(4));
    fail_writes(3, state);
    EXPECT_TRUE(write(store, {.puts = {put(state, "1")}}).ok()) << state;
    EXPECT_EQ(pauses_.size(), 3U);
    (void)server.sql(
        "DROP TRIGGER fail ON slipway.records; DROP FUNCTION slipway.fail; DROP SEQUENCE slipway.failures");
    pauses_.clear();
  }
}

TEST_F(Contention, tries_have_an_end_and_the_pauses_between_them_a_bound) {
  postgres::Store store(watched(8));
  fail_writes(100, "40001");
  const auto refused = write(store, {.puts = {put("a", "1")}});
  EXPECT_EQ(refused.status().code, Code::unavailable);
  EXPECT_THAT(refused.status().message, HasSubstr("as the test wants"));
  ASSERT_EQ(pauses_.size(), 7U);
  for (const Duration pause : pauses_) EXPECT_LE(pause, milliseconds(500));
  EXPECT_EQ(server_.sql("SELECT last_value FROM slipway.failures"), "8\n");
}

TEST_F(Contention, writes_that_come_while_one_commits_are_one_transaction) {
  postgres::Store store(settings({.lock = seconds(20)}));
  ASSERT_TRUE(write(store, {.puts = {put("held", "0")}}).ok());
  postgres::Connection other(target("postgres"));
  other.execute("BEGIN; SELECT * FROM slipway.records FOR UPDATE");
  std::vector<std::future<Result<storage::WriteReply>>> answers;
  answers.push_back(write_later(store, {.puts = {put("held", "1")}}));
  ASSERT_TRUE(eventually([&] { return server_.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") == "1\n"; }));
  for (int i = 0; i < 50; ++i) answers.push_back(write_later(store, {.puts = {put(std::to_string(i), "1")}}));
  ASSERT_TRUE(eventually([&] { return store.health().waiting == 50; }));
  other.execute("ROLLBACK");
  for (auto& answer : answers) {
    ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_TRUE(answer.get().ok());
  }
  EXPECT_EQ(server_.sql("SELECT count(*) FROM slipway.commits"), "3\n");
}

TEST_F(Contention, in_a_group_a_refused_write_leaves_the_others_alone) {
  postgres::Store store(settings({.lock = seconds(20)}));
  ASSERT_TRUE(write(store, {.puts = {put("held", "0")}}).ok());
  postgres::Connection other(target("postgres"));
  other.execute("BEGIN; SELECT * FROM slipway.records FOR UPDATE");
  auto first = write_later(store, {.puts = {put("held", "1")}});
  ASSERT_TRUE(eventually([&] { return server_.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") == "1\n"; }));
  auto refused = write_later(store, {.expect = {{thing("a"), 7}}, .puts = {put("a", "lost")}});
  ASSERT_TRUE(eventually([&] { return store.health().waiting == 1; }));
  auto taken = write_later(store, {.expect = {{thing("a"), 0}}, .puts = {put("a", "kept")}});
  ASSERT_TRUE(eventually([&] { return store.health().waiting == 2; }));
  other.execute("ROLLBACK");
  EXPECT_EQ(refused.get().status().code, Code::aborted);
  EXPECT_TRUE(taken.get().ok());
  EXPECT_TRUE(first.get().ok());
  EXPECT_EQ(value_of(store, "a"), "kept");
}

TEST_F(Contention, a_lock_that_another_keeps_is_waited_for_no_longer_than_the_limit) {
  auto bounded = settings({.lock = milliseconds(50)});
  bounded.writer.attempts = 2;
  postgres::Store store(bounded);
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  postgres::Connection other(target("postgres"));
  other.execute("BEGIN; SELECT * FROM slipway.records FOR UPDATE");
  const auto refused = write(store, {.puts = {put("a", "2")}});
  EXPECT_EQ(refused.status().code, Code::unavailable);
  EXPECT_THAT(refused.status().message, HasSubstr("another transaction holds what this one needs"));
  EXPECT_EQ(value_of(store, "a"), "1");
}

TEST_F(Contention, a_transaction_whose_host_fell_silent_is_ended_by_the_server) {
  postgres::Store store(settings());
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  postgres::Connection frozen(target("slipway_app", {.idle_in_transaction = milliseconds(100)}));
  frozen.execute("BEGIN; SET LOCAL slipway.tenants = '{acme}'; SELECT * FROM records FOR UPDATE");
  EXPECT_TRUE(write(store, {.puts = {put("a", "2")}}).ok());
  EXPECT_THAT(refusal([&] { frozen.execute("COMMIT"); }), HasSubstr("UNAVAILABLE"));
}

TEST_F(Contention, old_marks_and_names_go_a_thousand_at_a_time_until_none_is_left) {
  const postgres::Store store(settings());
  (void)server_.sql(
      "INSERT INTO slipway.batches SELECT 'old ' || i, '', 0 FROM generate_series(1, 1500) AS i;"
      "INSERT INTO slipway.commits SELECT 'old ' || i, 0 FROM generate_series(1, 2500) AS i;"
      "INSERT INTO slipway.batches VALUES ('young', '', slipway.now_ns())");
  postgres::Connection connection(target());
  EXPECT_TRUE(postgres::tidy(connection));
  EXPECT_TRUE(postgres::tidy(connection));
  EXPECT_FALSE(postgres::tidy(connection));
  EXPECT_EQ(server_.sql("SELECT count(*) FROM slipway.commits; SELECT name FROM slipway.batches"), "0\nyoung\n");
}

}  // namespace
}  // namespace slipway::test
