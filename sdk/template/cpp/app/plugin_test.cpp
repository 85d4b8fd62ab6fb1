#include <gtest/gtest.h>

#include <slipway/interfaces/app.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;

constexpr Instant kNoon{1'700'000'000'000'000'000};

class Counter : public testing::Test {
 protected:
  Result<Empty> hear(const std::string& id, const std::string& type, const std::string& tenant = "acme") {
    app::Event event;
    event.id = id;
    event.type = type;
    event.tenant = tenant;
    event.at = kNoon;
    return host_.call<app::Interface, app::OnEvent>(event);
  }
  Result<app::HandleReply> ask(std::int32_t route) {
    app::HandleRequest request;
    request.route = route;
    request.id = "r-1";
    request.tenant = "acme";
    return host_.call<app::Interface, app::Handle>(request);
  }

  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Counter, says_what_it_serves_and_hears) {
  ASSERT_TRUE(host_.run().ok());
  const auto offer = host_.call<app::Interface, app::Routes>(Empty{});
  ASSERT_TRUE(offer.ok());
  ASSERT_EQ(offer->routes.size(), 2U);
  EXPECT_EQ(offer->routes[0].path, "/api/endings");
  EXPECT_EQ(offer->events, std::vector<std::string>{"rollout."});
}

TEST_F(Counter, counts_each_event_of_a_tenant_once) {
  ASSERT_TRUE(host_.run().ok());
  ASSERT_TRUE(hear("ev-1", "rollout.succeeded").ok());
  ASSERT_TRUE(hear("ev-1", "rollout.succeeded").ok());
  ASSERT_TRUE(hear("ev-2", "rollout.rolled_back").ok());
  ASSERT_TRUE(hear("ev-3", "rollout.succeeded", "globex").ok());
  EXPECT_EQ(ask(0)->body, (Json{{"rollout.rolled_back", 1}, {"rollout.succeeded", 1}}));
}

TEST_F(Counter, begins_anew_when_it_is_told_to) {
  ASSERT_TRUE(host_.run().ok());
  EXPECT_EQ(ask(1).status(), Status(Code::not_found, "nothing was counted for this tenant"));
  ASSERT_TRUE(hear("ev-1", "rollout.succeeded").ok());
  EXPECT_EQ(ask(1)->status, 204);
  EXPECT_EQ(ask(0)->body, Json::object());
}

TEST_F(Counter, forgets_a_tenant_of_whom_nothing_was_heard) {
  ASSERT_TRUE(host_.run({{"keep", "1h"}}).ok());
  ASSERT_TRUE(hear("ev-1", "rollout.succeeded").ok());
  const auto asked = host_.call<app::Interface, app::Tick>({kNoon + seconds(3600)});
  EXPECT_EQ(asked->next, seconds(3600));
  EXPECT_EQ(ask(0)->body, Json::object());
}

TEST_F(Counter, counts_for_no_more_tenants_than_allowed) {
  ASSERT_TRUE(host_.run({{"tenants", 1}}).ok());
  ASSERT_TRUE(hear("ev-1", "rollout.succeeded").ok());
  EXPECT_EQ(hear("ev-2", "rollout.succeeded", "globex").status(),
            Status(Code::resource_exhausted, "there are 1 tenants already"));
}

TEST_F(Counter, refuses_a_route_that_there_is_not) {
  ASSERT_TRUE(host_.run().ok());
  EXPECT_EQ(ask(7).status(), Status(Code::not_found, "there is no route 7; there are 2, counted from 0"));
}

}  // namespace
