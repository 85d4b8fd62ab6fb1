#include "plugins/providers/local/reconcile/validate.hpp"

#include <gmock/gmock.h>

namespace slipway::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

provider::Desired good() {
  provider::Desired desired;
  desired.tenant = "acme";
  desired.application = "shop";
  desired.hosts = {"shop.example.com", "*"};
  provider::DesiredGroup group{"stable", {}, 1, kAllTraffic};
  group.release.version = "1.0";
  group.release.command = {"app"};
  desired.groups = {group};
  return desired;
}

std::vector<std::string> after(const std::function<void(provider::Desired&)>& change) {
  provider::Desired desired = good();
  change(desired);
  return problems_of(desired);
}

TEST(Validate, accepts_what_can_be_run) { EXPECT_THAT(problems_of(good()), IsEmpty()); }

TEST(Validate, names_that_could_leave_their_file_or_map_line_are_refused) {
  EXPECT_THAT(
      after([](auto& d) { d.tenant = "../up"; }),
      ElementsAre("tenant \"../up\" can't be used by the local provider; want 1 to 63 letters, digits, - and _"));
  EXPECT_THAT(after([](auto& d) { d.hosts = {"a b"}; }),
              ElementsAre("host \"a b\" is no host name; want letters, digits, -, _ and ., or *"));
  EXPECT_THAT(
      after([](auto& d) { d.groups[0].release.version = "1 0"; }),
      ElementsAre(
          "release \"1 0\" can't be used by the local provider; want letters, digits, ., -, _ and +, beginning with "
          "a letter or a digit"));
  EXPECT_THAT(
      after([](auto& d) { d.groups[0].release.readiness.path = "/a b"; }),
      ElementsAre("release 1.0: readiness.path \"/a b\" is no path; want one that begins with / and has no blanks"));
  EXPECT_THAT(after([](auto& d) {
                d.routes = {{"x-a\r\nb", "v", "next"}};
              }),
              ElementsAre("header \"x-a\r\nb\" is no name of a header; want letters, digits, - and _"));
}

TEST(Validate, groups_must_make_sense_together) {
  EXPECT_THAT(after([](auto& d) { d.groups[0].role = "blue"; }),
              ElementsAre("role \"blue\" is unknown; want stable, next or baseline"));
  EXPECT_THAT(after([](auto& d) { d.groups.push_back(d.groups[0]); }),
              ElementsAre("role \"stable\" occurs twice", "release 1.0 is in two groups",
                          "the weights add up to 2000000; want 1000000, or 0 to serve nothing"));
  EXPECT_THAT(after([](auto& d) { d.groups[0].replicas = 0; }),
              ElementsAre("release 1.0 has a weight but no replicas"));
}

TEST(Validate, a_baseline_stands_beside_next_and_may_have_a_plus_in_its_name) {
  const auto with = [](const std::string& role, const std::string& version) {
    return [=](provider::Desired& d) {
      d.groups.push_back(d.groups[0]);
      d.groups.back().role = role;
      d.groups.back().release.version = version;
      d.groups.back().weight = 0;
    };
  };
  EXPECT_THAT(after(with("baseline", "1.0+baseline")),
              ElementsAre("role \"baseline\" stands alone; want a group with the role next to compare it with"));
  EXPECT_THAT(after([&](auto& d) {
                with("next", "1.1")(d);
                with("baseline", "1.0+baseline")(d);
                d.routes = {{"x-group", "old", "baseline"}};
              }),
              IsEmpty());
}

TEST(Validate, an_archive_needs_a_digest_and_must_be_there) {
  EXPECT_THAT(
      after([](auto& d) { d.groups[0].release.artefact.archive = "/nowhere.tar"; }),
      ElementsAre("release 1.0: artefact.digest \"\" is no digest; want sha256: and 64 hex digits in lower case",
                  "release 1.0: there is no \"/nowhere.tar\""));
}

TEST(Validate, variables_that_the_provider_sets_are_refused) {
  EXPECT_THAT(after([](auto& d) {
                d.groups[0].release.env = {{"PORT", "1"}, {"a=b", "2"}};
              }),
              ElementsAre("release 1.0: the variable PORT is set by the provider",
                          "release 1.0: \"a=b\" is no name of an environment variable"));
}

}  // namespace
}  // namespace slipway::local
