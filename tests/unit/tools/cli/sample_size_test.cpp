#include "tools/cli/sample_size.hpp"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

TEST(SampleSize, is_what_was_computed_apart) {
  struct Row {
    Regression regression;
    double weight;
    double usual;   // at alpha 0.05
    double strict;  // at alpha 0.01
  };
  const Row rows[] = {{{0.01, 0.02}, 0.1, 8'866, 13'630}, {{0.01, 0.02}, 0.5, 3'526, 5'421},
                      {{0.01, 0.05}, 0.1, 898, 1'380},    {{0.01, 0.05}, 0.5, 412, 633},
                      {{0.001, 0.01}, 0.1, 2'766, 4'252}, {{0.001, 0.01}, 0.5, 1'402, 2'155}};
  for (const Row& row : rows) {
    EXPECT_NEAR(requests_to_see(row.regression, row.weight, 0.05), row.usual, 1);
    EXPECT_NEAR(requests_to_see(row.regression, row.weight, 0.01), row.strict, 1);
  }
}

}  // namespace
}  // namespace slipway::cli
