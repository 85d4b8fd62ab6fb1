#include <gtest/gtest.h>

#include <slipway/interfaces/secrets.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;

class Secrets : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.run({{"url", "http://vault.example"}, {"names", {"TOKEN", "DB_PASSWORD"}}}).ok());
    host_.on_http([](const services::HttpRequest& question) -> Result<services::HttpReply> {
      services::HttpReply reply;
      reply.status = question.url.ends_with("/acme/TOKEN") ? 200 : 500;
      reply.body = "hunter2";
      return reply;
    });
  }
  Result<secrets::ResolveReply> resolve(std::vector<std::string> names) {
    return host_.call<secrets::Interface, secrets::Resolve>({"acme", std::move(names)});
  }

  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Secrets, come_from_the_tenants_own_folder) {
  const auto reply = resolve({"TOKEN"});
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->values.at("TOKEN"), "hunter2");
}

TEST_F(Secrets, that_are_missing_are_all_named) {
  EXPECT_EQ(resolve({"TOKEN", "A", "B"}).status(),
            Status(Code::not_found, "no such secrets: A, B; add them to \"names\""));
}

TEST_F(Secrets, never_stand_in_an_error) {
  const Status refusal = resolve({"DB_PASSWORD"}).status();
  EXPECT_EQ(refusal, Status(Code::unavailable, "the service answered 500 for DB_PASSWORD"));
}

TEST_F(Secrets, are_listed_by_name) {
  const auto reply = host_.call<secrets::Interface, secrets::List>({"acme"});
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->names, (std::vector<std::string>{"DB_PASSWORD", "TOKEN"}));
}

}  // namespace
