#include "plugins/storage/postgres/pool.hpp"

#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

class ReadPool : public PostgresTest {
 protected:
  std::string read() {
    return refusal(
        [&] { pool.with([](postgres::Connection& connection) { return connection.query("SELECT 1").size(); }); });
  }
  postgres::Pool pool{target(), 1};
};

TEST_F(ReadPool, that_is_exhausted_refuses_until_a_connection_comes_back) {
  const std::string refused = pool.with([&](postgres::Connection&) { return read(); });
  EXPECT_EQ(refused, "RESOURCE_EXHAUSTED: all 1 connections for reads are in use; try again in a moment");
  EXPECT_EQ(read(), "no refusal");
}

TEST_F(ReadPool, that_is_exhausted_goes_on_when_a_connection_comes_back_in_time) {
  std::future<std::string> second;
  pool.with([&](postgres::Connection&) {
    second = std::async(std::launch::async, [&] { return read(); });
    return 0;
  });
  EXPECT_EQ(second.get(), "no refusal");
}

TEST_F(ReadPool, that_can_not_connect_gives_the_place_back) {
  postgres::Pool unknown{target("nobody"), 1};
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(refusal([&] { unknown.with([](postgres::Connection&) { return 0; }); }),
                testing::Not(testing::HasSubstr("are in use")));
  }
}

}  // namespace
}  // namespace slipway::test
