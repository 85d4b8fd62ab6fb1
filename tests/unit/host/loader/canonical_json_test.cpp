#include "host/loader/canonical_json.hpp"

#include <gtest/gtest.h>

namespace slipway::loader {
namespace {

std::string canonical(std::string_view text) { return canonical_json(parse_json(text).value()); }

TEST(CanonicalJson, MembersAreSortedByTheirBytesAndWhiteSpaceIsGone) {
  EXPECT_EQ(canonical(" { \"b\" : [ 1 , 2 ] ,\n \"a\" : { \"d\" : null, \"c\" : true } , \"B\" : false } "),
            R"({"B":false,"a":{"c":true,"d":null},"b":[1,2]})");
  EXPECT_EQ(canonical("{\"\xc3\xa9\":1,\"z\":2}"), "{\"z\":2,\"\xc3\xa9\":1}");
}

TEST(CanonicalJson, TextsHaveOneSpelling) {
  EXPECT_EQ(canonical(R"("\u0041\/\u00e9\"\\\b\f\n\r\t\u0001\u001F\u007f")"),
            "\"A/\xc3\xa9\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
}

TEST(CanonicalJson, NumbersHaveOneSpelling) {
  EXPECT_EQ(canonical("[0, -0, 7, -7, 18446744073709551615, -9223372036854775808]"),
            "[0,0,7,-7,18446744073709551615,-9223372036854775808]");
  EXPECT_EQ(canonical("[0.50, 1.0, 1e2, 1E-7, 0.1, 1.7976931348623157e308, -0.0]"),
            "[0.5,1,100,1e-07,0.1,1.7976931348623157e+308,0]");
}

TEST(CanonicalJson, ReadingItAgainChangesNothing) {
  const std::string once = canonical(R"({"x": [1.5, {"y": "\u2028"}, []], "w": {}, "v": ""})");
  EXPECT_EQ(canonical(once), once);
}

}  // namespace
}  // namespace slipway::loader
