#include "tools/cli/unknown_command.hpp"

#include <gtest/gtest.h>

#include "tools/cli/program.hpp"

namespace slipway::cli {
namespace {

class UnknownCommand : public ::testing::Test {
 protected:
  UnknownCommand() { add_program(app, session, options); }
  std::string told(const std::vector<std::string>& words) { return unknown_command(app, words); }

  CLI::App app;
  Session session;
  GlobalOptions options;
};

TEST_F(UnknownCommand, is_named_with_the_nearest_one) {
  EXPECT_EQ(told({"deplay", "shop", "1.1"}),
            "\"deplay\" is no command of slipway; did you mean \"deploy\"? Run slipway --help for all of them");
  EXPECT_EQ(told({"rollout", "wach", "id"}),
            "\"wach\" is no command of slipway rollout; did you mean \"watch\"? Run slipway rollout --help for all of "
            "them");
}

TEST_F(UnknownCommand, without_a_near_one_gets_the_way_to_the_list) {
  EXPECT_EQ(told({"frobnicate"}), "\"frobnicate\" is no command of slipway; run slipway --help for all of them");
}

TEST_F(UnknownCommand, is_looked_for_behind_options_and_their_values) {
  EXPECT_EQ(told({"--url", "http://127.0.0.1:1", "-o", "json", "deploy", "shop", "1.1"}), "");
  EXPECT_EQ(told({"-o", "json", "aplly"}).substr(0, 37), "\"aplly\" is no command of slipway; did");
}

TEST_F(UnknownCommand, is_none_when_all_are_known_or_missing) {
  EXPECT_EQ(told({}), "");
  EXPECT_EQ(told({"rollout"}), "");
  EXPECT_EQ(told({"deploy", "nonsense", "--nonsense"}), "");
}

}  // namespace
}  // namespace slipway::cli
