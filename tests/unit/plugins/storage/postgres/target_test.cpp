#include "plugins/storage/postgres/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::string& connection) { return parse_target(connection, "/connection", {}).connection; }
std::string refused(const std::string& connection) {
  return test::refusal([&] { parse_target(connection, "/connection", {}); });
}

TEST(Target, asks_for_a_server_that_takes_writes_and_for_limits) {
  const std::string text = text_of("host=/run/postgresql dbname=slipway");
  for (const char* word : {"target_session_attrs='read-write'", "connect_timeout='5'", "tcp_user_timeout='10000'",
                           "client_encoding='UTF8'", "statement_timeout=5000", "lock_timeout=2000",
                           "idle_in_transaction_session_timeout=5000"})
    EXPECT_THAT(text, HasSubstr(word));
}

TEST(Target, takes_what_is_said_and_is_named_for_a_person) {
  const Target target = parse_target("postgresql://app@db1:6432,db2:6433/orders?connect_timeout=9&options=-c%20a.b%3D1",
                                     "/connection", {});
  EXPECT_EQ(target.name, "database \"orders\" on db1:6432,db2:6433");
  EXPECT_THAT(target.connection, HasSubstr("connect_timeout='9'"));
  EXPECT_THAT(target.connection, HasSubstr("options='-c a.b=1 -c statement_timeout=5000"));
}

TEST(Target, verifies_every_server_that_is_not_local) {
  EXPECT_THAT(text_of("host=db.example.com"), HasSubstr("sslmode='verify-full'"));
  EXPECT_THAT(text_of("host=/run/postgresql,db.example.com"), HasSubstr("sslmode='verify-full'"));
  EXPECT_THAT(text_of("host=db.example.com hostaddr=127.0.0.1"), HasSubstr("sslmode='verify-full'"));
  for (const char* local : {"", "host=/run/postgresql", "host=localhost", "host=127.0.0.1,::1"})
    EXPECT_THAT(text_of(local), Not(HasSubstr("sslmode"))) << local;
}

// For as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* const name_;
};

TEST(Target, takes_its_server_from_nowhere_else) {
  const std::string start = "INVALID_ARGUMENT: the connection is not valid; /connection: ";
  EXPECT_EQ(refused("service=remote"),
            start + "has a service in it, which names a server elsewhere; name the host here");
  const auto told = [&](const std::string& variable) {
    return start + "would take its server from the environment's " + variable +
           "; name the host here, and start slipwayd without that variable";
  };
  {
    const Variable host("PGHOST", "db.example.com");
    EXPECT_EQ(refused("dbname=slipway"), told("PGHOST=db.example.com"));
    EXPECT_EQ(refused("host=localhost"), "no refusal");
    EXPECT_EQ(refused("hostaddr=127.0.0.1"), "no refusal");
  }
  {
    const Variable address("PGHOSTADDR", "192.0.2.1");
    EXPECT_EQ(refused("host=localhost"), told("PGHOSTADDR=192.0.2.1"));
    EXPECT_EQ(refused("host=localhost hostaddr=127.0.0.1"), "no refusal");
  }
  {
    const Variable service("PGSERVICE", "remote");
    EXPECT_EQ(refused("host=localhost"), told("PGSERVICE=remote"));
  }
  const Variable nothing("PGHOST", "");
  EXPECT_EQ(refused(""), "no refusal");
}

TEST(Target, refuses_what_would_weaken_it) {
  const std::string start = "INVALID_ARGUMENT: the connection is not valid; /connection: ";
  EXPECT_EQ(refused("host=db.example.com sslmode=require"),
            start + "sslmode is require, and not every host is local; want verify-full, or leave it out");
  EXPECT_EQ(refused("host=db target_session_attrs=any"),
            start + "target_session_attrs is any; want read-write, or leave it out");
  EXPECT_EQ(refused("host=db password=secret"),
            start + "has a password in it; name a file of passwords (passfile) or a certificate (sslcert, sslkey)");
  EXPECT_THAT(refused("hots=db"), HasSubstr("want a libpq connection string; invalid connection option \"hots\""));
}

}  // namespace
}  // namespace slipway::postgres
