#include "plugins/storage/postgres/announcer.hpp"

#include "tests/support/eventually.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

class Announcements : public PostgresTest {
 protected:
  // A host that counts what it hears.
  struct Ear {
    explicit Ear(const postgres::Target& target)
        : announcer(
              {.target = target, .heard = [this] { ++heard; }, .pause = milliseconds(20), .again = milliseconds(20)}) {}
    std::atomic<int> heard = 0;
    postgres::Announcer announcer;
  };
  static void await_heard(Ear& ear, int count) {
    ASSERT_TRUE(eventually([&] { return ear.heard >= count; })) << ear.heard << " of " << count;
  }
};

TEST_F(Announcements, are_heard_by_the_other_hosts_and_not_by_their_own) {
  Ear one(target()), two(target());
  ASSERT_TRUE(eventually([&] { return one.announcer.listening(); }));
  ASSERT_TRUE(eventually([&] { return two.announcer.listening(); }));
  one.announcer.announce();
  await_heard(two, 1);
  two.announcer.announce();
  await_heard(one, 1);
  EXPECT_EQ(one.heard, 1);
}

TEST_F(Announcements, that_come_at_once_are_told_once) {
  Ear one(target()), two(target());
  ASSERT_TRUE(eventually([&] { return one.announcer.listening(); }));
  ASSERT_TRUE(eventually([&] { return two.announcer.listening(); }));
  for (int i = 0; i < 1000; ++i) one.announcer.announce();
  await_heard(two, 1);
  one.announcer.announce();
  await_heard(two, 2);
  EXPECT_LE(two.heard, 3);  // the first may have left before the last of the thousand came
}

TEST_F(Announcements, go_on_after_the_connection_was_lost_and_what_was_missed_is_looked_for) {
  Ear one(target());
  ASSERT_TRUE(eventually([&] { return one.announcer.listening(); }));
  (void)server_.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway_app'");
  await_heard(one, 1);
  EXPECT_TRUE(one.announcer.listening());
}

TEST_F(Announcements, are_of_groups_that_append_and_of_no_others) {
  int appended = 0;
  auto settings = this->settings();
  settings.writer.appended = [&] { ++appended; };
  postgres::Store store(settings);
  ASSERT_TRUE(write(store, {.puts = {put("a", "v")}}).ok());
  EXPECT_EQ(appended, 0);
  ASSERT_TRUE(
      write(store, {.puts = {put("a", "w")}, .appends = {{{"acme", "log"}, "e"}, {{"acme", "log"}, "f"}}}).ok());
  EXPECT_EQ(appended, 1);
  ASSERT_FALSE(write(store, {.expect = {{thing("a"), 1}}, .appends = {{{"acme", "log"}, "g"}}}).ok());
  EXPECT_EQ(appended, 1);
}

}  // namespace
}  // namespace slipway::test
