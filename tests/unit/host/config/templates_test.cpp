#include "host/config/templates.hpp"

#include <gtest/gtest.h>

namespace slipway::config {
namespace {

const TemplateNames kNames{{{"state_directory", "/var/x"}, {"environment", "dev"}},
                           {{"HOME", "/root"}, {"MONEY", "${environment}$$"}}};

TEST(Templates, NamesAndVariablesAreReplacedAndDollarsEscape) {
  EXPECT_EQ(*expand("${state_directory}/${environment}.db", kNames), "/var/x/dev.db");
  EXPECT_EQ(*expand("${env:HOME}", kNames), "/root");
  EXPECT_EQ(*expand("$$", kNames), "$");
  EXPECT_EQ(*expand("$${environment}", kNames), "${environment}");
  EXPECT_EQ(*expand("5$ and $x and $", kNames), "5$ and $x and $");
  EXPECT_EQ(*expand("", kNames), "");
}

TEST(Templates, WhatWasPutInIsNotExpandedAgain) { EXPECT_EQ(*expand("${env:MONEY}", kNames), "${environment}$$"); }

TEST(Templates, UnknownNamesUnsetVariablesAndOpenBracesAreFaults) {
  EXPECT_EQ(
      expand("${stat}", kNames).status().message,
      "want no template but ${environment}, ${state_directory}, ${env:NAME}; a \"$\" of its own is written \"$$\"");
  EXPECT_EQ(expand("${env:NOPE}", kNames).status().message, "the environment variable \"NOPE\" is not set");
  EXPECT_EQ(expand("${environment", kNames).status().message, "want a \"}\" after \"${\"");
}

TEST(Templates, AnExpansionIsBounded) {
  const TemplateNames names{{}, {{"BIG", std::string(40'000, 'x')}}};
  EXPECT_TRUE(expand("${env:BIG}", names).ok());
  EXPECT_EQ(expand("${env:BIG}${env:BIG}", names).status().message,
            "want a text of at most 65536 bytes once it is expanded");
}

TEST(Templates, EveryTextOfAValueIsExpandedAndEveryFaultCollected) {
  const auto result = expand_all(
      Json{{"a", {"${environment}", 5, "${x}"}}, {"b", {{"c", "${env:NOPE}"}}}, {"${environment}", "plain"}}, kNames);
  EXPECT_EQ(result.value,
            (Json{{"a", {"dev", 5, "${x}"}}, {"b", {{"c", "${env:NOPE}"}}}, {"${environment}", "plain"}}));
  ASSERT_EQ(result.problems.size(), 2U);
  EXPECT_EQ(result.problems[0].path, "/a/2");
  EXPECT_EQ(result.problems[0].value, "\"${x}\"");
  EXPECT_EQ(result.problems[1].path, "/b/c");
}

TEST(Templates, AProblemShowsTheTextAsItWasWrittenNeverTheVariable) {
  const std::map<std::string, std::string> written{{"/url", "https://${env:KEY}@x"}};
  EXPECT_EQ(as_written({"/url", "\"https://hunter2@x\"", "want"}, written).value, "\"https://${env:KEY}@x\"");
  EXPECT_EQ(as_written({"/", "{\"url\":\"https://hunter2@x\"}", "want"}, written).value, "");
  EXPECT_EQ(as_written({"/other", "1", "want"}, written).value, "1");
  EXPECT_EQ(as_written({"/url", "", "is missing"}, written).value, "");
}

}  // namespace
}  // namespace slipway::config
