#include "host/bridge/method_names.hpp"

#include <gtest/gtest.h>

#include <slipway/interfaces/provider.hpp>
#include <slipway/interfaces/storage.hpp>

namespace slipway::bridge {
namespace {

TEST(MethodNamesTest, names_and_numbers_agree_with_the_interfaces) {
  const auto observe = provider::Interface::index_of<provider::Observe>();
  EXPECT_EQ(method_name(provider::kId, observe), "observe");
  EXPECT_EQ(method_number(provider::kId, "observe"), observe);
  EXPECT_EQ(method_list(storage::kId), "get, write, scan, append, read, lease");
}

TEST(MethodNamesTest, what_is_not_known_keeps_its_number_and_has_no_name) {
  EXPECT_EQ(method_name("acme.thing/1", 3), "3");
  EXPECT_EQ(method_name(provider::kId, 99), "99");
  EXPECT_EQ(method_number("acme.thing/1", "go"), std::nullopt);
  EXPECT_EQ(method_number(provider::kId, "fly"), std::nullopt);
}

}  // namespace
}  // namespace slipway::bridge
