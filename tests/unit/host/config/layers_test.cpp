#include "host/config/layers.hpp"

#include <gtest/gtest.h>

namespace slipway::config {
namespace {

TEST(Layers, ALaterFieldWinsAndTheOthersStay) {
  Layers layers;
  layers.add(parse_source("a", "x: 1\nlog: {level: info, format: text}\nlist: [1, 2]\n", Syntax::yaml));
  layers.add(parse_source("b", "log:\n  level: debug\nlist: [3]\n", Syntax::yaml));
  EXPECT_EQ(layers.value(), (Json{{"x", 1}, {"log", {{"level", "debug"}, {"format", "text"}}}, {"list", {3}}}));
}

TEST(Layers, EachFieldRemembersWhoWroteIt) {
  Layers layers;
  layers.add(parse_source("a", "x: 1\nlog:\n  level: info\n  format: text\nlist:\n- 1\n- 2\n", Syntax::yaml));
  layers.add(parse_source("b", "\nlog:\n  level: debug\nlist: [3]\n", Syntax::yaml));
  EXPECT_EQ(layers.place_of("/x"), (Place{"a", 1}));
  EXPECT_EQ(layers.place_of("/log/level"), (Place{"b", 3}));
  EXPECT_EQ(layers.place_of("/log/format"), (Place{"a", 4}));
  EXPECT_EQ(layers.place_of("/list/0"), (Place{"b", 4}));
  EXPECT_EQ(layers.place_of("/list/1"), (Place{"b", 4})) << "an item that is gone belongs to its list";
  EXPECT_EQ(layers.place_of("/log/nowhere"), (Place{"b", 2}));
  EXPECT_EQ(layers.place_of("/nowhere"), (Place{"b", 0}));
}

TEST(Layers, AnObjectReplacesAValueAndAValueAnObject) {
  Layers layers;
  layers.add(parse_source("a", "x: {y: 1}\nz: 1\n", Syntax::yaml));
  layers.add(parse_source("b", "x: 2\nz: {y: 2}\n", Syntax::yaml));
  EXPECT_EQ(layers.value(), (Json{{"x", 2}, {"z", {{"y", 2}}}}));
  EXPECT_EQ(layers.place_of("/x/y"), (Place{"b", 1}));
}

}  // namespace
}  // namespace slipway::config
