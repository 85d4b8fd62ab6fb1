#include "host/base/readable.hpp"

#include <gtest/gtest.h>

namespace slipway::base {
namespace {

TEST(Readable, TextStaysAsItIs) { EXPECT_EQ(readable("a \"b\"\n\\ 1 \xc3\xa9"), "a \"b\"\n\\ 1 \xc3\xa9"); }

TEST(Readable, BytesThatAreNoTextAreReplaced) { EXPECT_EQ(readable("read \xff{"), "read \xef\xbf\xbd{"); }

}  // namespace
}  // namespace slipway::base
