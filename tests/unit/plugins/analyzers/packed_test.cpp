#include "plugins/analyzers/common/packed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <slipway/status.hpp>

namespace slipway::packed {
namespace {

TEST(Packed, EachNumberComesBackAsItWas) {
  const std::vector<double> all{0.1, -0.0, -INFINITY, 1e-310, 3.0e300, 1.0 / 3, -7};
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::vector<double> numbers(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(unpack<double>(pack<double>(numbers), "it"), numbers);
    const std::vector<float> floats(numbers.begin(), numbers.end());
    EXPECT_EQ(unpack<float>(pack<float>(floats), "it"), floats);
  }
}

TEST(Packed, TheTextIsBase64OfTheBytesAsTheyLieInMemory) {
  EXPECT_EQ(pack<float>(std::vector<float>{1}), "AACAPwAA");
  EXPECT_EQ(pack<double>(std::vector<double>{-1.5}), "AAAAAAAA+L8A");
}

TEST(Packed, ATextThatItDidNotWriteIsRefusedByName) {
  const auto refusal = [](std::string_view text) -> std::string {
    try {
      unpack<double>(text, "the evidence");
    } catch (const Error& error) {
      return to_string(error.status());
    }
    return "none";
  };
  EXPECT_EQ(refusal("abc"), "INVALID_ARGUMENT: the evidence is damaged: its length is no multiple of 4");
  EXPECT_EQ(refusal("ab!="), "INVALID_ARGUMENT: the evidence is damaged: it has a character that is not of base64");
}

}  // namespace
}  // namespace slipway::packed
