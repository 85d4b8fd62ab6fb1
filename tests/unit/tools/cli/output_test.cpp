#include "tools/cli/output.hpp"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

TEST(Replicas, are_shown_as_ready_of_wanted_and_as_unknown_until_somebody_has_looked) {
  EXPECT_EQ(ready_text({{"replicas", 4}, {"ready", 3}}), "3/4");
  EXPECT_EQ(ready_text({{"replicas", 4}, {"ready", 0}}), "0/4");
  EXPECT_EQ(ready_text({{"replicas", 4}}), "-/4");
}

TEST(Weight, is_a_percentage_or_unknown) {
  EXPECT_EQ(share(250'000), "25%");
  EXPECT_EQ(share(Json()), "-");
}

}  // namespace
}  // namespace slipway::cli
