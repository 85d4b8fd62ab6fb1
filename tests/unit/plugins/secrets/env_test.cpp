#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "plugins/secrets/env/variables.hpp"

namespace slipway::secrets_env {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::array<std::string_view, 7> kEnvironment{"PATH=/bin", "S_A=one", "S_B=t=w=o", "S_=nameless",
                                                       "S_EMPTY=",  "S",       "XS_C=no"};

TEST(Variables, those_with_the_prefix_are_secrets_by_their_name_without_it) {
  EXPECT_THAT(visible({"S_", {}}, kEnvironment), ElementsAre(Pair("A", "one"), Pair("B", "t=w=o")));
}

TEST(Variables, a_list_of_names_hides_the_others) {
  EXPECT_THAT(visible({"S_", {"B", "MISSING"}}, kEnvironment), ElementsAre(Pair("B", "t=w=o")));
}

}  // namespace
}  // namespace slipway::secrets_env
