#include "tests/support/eventually.hpp"
#include "tests/unit/plugins/storage/postgres/commit_proxy.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

class Commit : public PostgresTest {
 protected:
  postgres::StoreSettings behind(const CommitProxy& proxy, const postgres::Timeouts& timeouts = {}) {
    auto result = settings();
    result.target = postgres::parse_target("host=127.0.0.1 port=" + std::to_string(proxy.port()) +
                                               " dbname=slipway user=slipway_app sslmode=disable connect_timeout=2",
                                           "/connection", timeouts);
    return result;
  }
  storage::WriteRequest once(const std::string& id) {
    return {.expect = {{thing(id), 0}}, .puts = {put(id, "1")}, .appends = {{{"acme", "log"}, id}}};
  }
  void expect_done_once(postgres::Store& store, const std::string& id, const Result<storage::WriteReply>& written) {
    ASSERT_TRUE(written.ok()) << to_string(written.status());
    EXPECT_EQ(written->versions, std::vector<std::int64_t>{1});
    EXPECT_EQ(written->sequences, std::vector<std::int64_t>{1});
    EXPECT_EQ(value_of(store, id), "1");
    EXPECT_EQ(server_.sql("SELECT count(*) FROM slipway.entries"), "1\n");
  }
};

TEST_F(Commit, whose_answer_is_lost_is_found_by_its_mark_and_not_done_again) {
  CommitProxy proxy(server_.port());
  postgres::Store store(behind(proxy));
  proxy.lose(1, Loss::after_the_server_did_it);
  const auto written = write(store, once("a"));
  EXPECT_EQ(proxy.left(), 0);
  expect_done_once(store, "a", written);
}

TEST_F(Commit, that_never_reaches_the_server_is_done_again) {
  CommitProxy proxy(server_.port());
  postgres::Store store(behind(proxy));
  proxy.lose(2, Loss::before_the_server_has_it);
  const auto written = write(store, once("a"));
  EXPECT_EQ(proxy.left(), 0);
  expect_done_once(store, "a", written);
}

TEST_F(Commit, that_is_lost_again_and_again_ends_with_the_truth_that_it_is_not_known) {
  CommitProxy proxy(server_.port());
  auto bounded = behind(proxy);
  bounded.writer.attempts = 2;
  postgres::Store store(bounded);
  proxy.lose(2, Loss::before_the_server_has_it);
  const auto written = write(store, once("a"));
  EXPECT_EQ(written.status().code, Code::unavailable);
  EXPECT_THAT(written.status().message, HasSubstr("it is not known whether the write was done"));
  expect_done_once(store, "a", write(store, once("a")));
}

TEST_F(Commit, that_hears_nothing_is_told_while_it_is_tried_again) {
  CommitProxy proxy(server_.port());
  auto patient = behind(proxy, {.statement = seconds(1)});
  patient.writer.attempts = 1'000;
  postgres::Store store(patient);
  ASSERT_TRUE(write(store, once("a")).ok());
  EXPECT_EQ(value_of(store, "a"), "1");
  EXPECT_TRUE(store.reads_go_on());
  proxy.fall_silent();
  auto written = write_later(store, {.puts = {put("a", "2")}});
  EXPECT_TRUE(eventually([&] { return !store.health().fault.ok(); }));
  EXPECT_THAT(store.health().fault.message, HasSubstr(" cannot be reached: "));
  EXPECT_THAT(refusal([&] { (void)value_of(store, "a"); }), HasSubstr(" cannot be reached: "));
  EXPECT_FALSE(store.reads_go_on());
  proxy.speak();
  EXPECT_TRUE(written.get().ok());
  EXPECT_TRUE(store.health().fault.ok());
  EXPECT_EQ(value_of(store, "a"), "2");
  EXPECT_TRUE(store.reads_go_on());
}

TEST_F(Commit, is_tried_again_when_its_backend_was_ended) {
  postgres::Store store(settings());
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  (void)server_.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway_app'");
  EXPECT_TRUE(write(store, {.puts = {put("a", "2")}}).ok());
  EXPECT_EQ(value_of(store, "a"), "2");
}

TEST_F(Commit, waits_for_a_server_that_starts_again_and_health_tells_the_time_between) {
  auto bounded = settings();
  bounded.writer.attempts = 2;
  postgres::Store store(bounded);
  server_.stop();
  const auto refused = write(store, {.puts = {put("a", "1")}});
  EXPECT_EQ(refused.status().code, Code::unavailable);
  EXPECT_THAT(store.health().fault.message, HasSubstr(" cannot be reached: "));
  server_.start();
  EXPECT_TRUE(store.health().fault.ok());
  EXPECT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
}

}  // namespace
}  // namespace slipway::test
