#include "host/config/fault.hpp"

#include <gtest/gtest.h>

namespace slipway::config {
namespace {

TEST(Fault, NamesFileLinePathValueAndWhatIsAllowed) {
  EXPECT_EQ(
      to_string(Fault{{"config/site.yaml", 12}, {"/limits/body_bytes", "-1", "want an integer from 1024 to 67108864"}}),
      "config/site.yaml:12: /limits/body_bytes: is -1; want an integer from 1024 to 67108864");
}

TEST(Fault, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(to_string(Fault{{"a.yaml", 0}, {"/x", "", "is missing"}}), "a.yaml: /x: is missing");
  EXPECT_EQ(to_string(Fault{{"a.yaml", 3}, {"", "", "not YAML"}}), "a.yaml:3: not YAML");
  EXPECT_EQ(to_string(Fault{{}, {"/x", "1", "want 2"}}), "/x: is 1; want 2");
  EXPECT_EQ(to_string(Fault{{}, {"", "", "all wrong"}}), "all wrong");
}

TEST(Fault, SeveralAreSortedByPlace) {
  EXPECT_EQ(to_string(Faults{{{"b", 1}, {"/x", "", "m"}}, {{"a", 10}, {"/y", "", "m"}}, {{"a", 9}, {"/z", "", "m"}}}),
            "a:9: /z: m\na:10: /y: m\nb:1: /x: m");
}

TEST(Fault, TheNearestNameIsFoundOnlyWhenItIsNear) {
  const std::vector<std::string> names{"body_bytes", "header_bytes", "threads", "log"};
  EXPECT_EQ(nearest_name("body_byte", names), "body_bytes");
  EXPECT_EQ(nearest_name("thread", names), "threads");
  EXPECT_EQ(nearest_name("heder_bites", names), "header_bytes");
  EXPECT_EQ(nearest_name("lgo", names), "log");
  EXPECT_EQ(nearest_name("xyz", names), "");
  EXPECT_EQ(nearest_name("completely_else", names), "");
  EXPECT_EQ(nearest_name("log", {}), "");
}

TEST(Fault, ALongValueIsCutAtACharacter) {
  EXPECT_EQ(clip("short"), "short");
  const std::string kept(116, 'x');
  EXPECT_EQ(clip(kept + "äbcdefg"), kept + "...");
}

TEST(Fault, NamesInPathsAreEscaped) { EXPECT_EQ(child_path("/a", "b/c~d"), "/a/b~1c~0d"); }

}  // namespace
}  // namespace slipway::config
