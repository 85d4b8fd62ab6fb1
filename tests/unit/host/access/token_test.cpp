#include "host/access/token.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace slipway::access {
namespace {

class TokenTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return directory.path() / "token"; }
  void write(const std::string& text, mode_t mode) const {
    std::ofstream(file()) << text;
    ASSERT_EQ(::chmod(file().c_str(), mode), 0);
  }

  test::TemporaryDirectory directory;
  base::SystemRandom random;
};

TEST_F(TokenTest, is_made_once_and_only_its_owner_can_read_it) {
  const std::string first = load_or_make_token(file(), random).value();
  EXPECT_EQ(first.size(), 72U);
  struct stat info {};
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(load_or_make_token(file(), random).value(), first);
}

TEST_F(TokenTest, is_refused_when_others_can_read_it) {
  write("slipway_0123456789abcdef0123456789abcdef\n", 0644);
  EXPECT_EQ(load_or_make_token(file(), random).status().message,
            file().string() +
                ": has mode 0644, so others can read the token; run chmod 600 on it, or remove it to get a new token");
}

TEST_F(TokenTest, is_refused_when_it_is_too_short_to_be_one) {
  write("secret\n", 0600);
  EXPECT_EQ(load_or_make_token(file(), random).status().message,
            file().string() + ": holds no token of at least 32 characters; remove it to get a new one");
}

TEST(TokenAuthenticator, takes_the_token_and_nothing_else) {
  const TokenAuthenticator authenticator("slipway_0123456789abcdef0123456789abcdef");
  EXPECT_EQ(authenticator.authenticate("Bearer slipway_0123456789abcdef0123456789abcdef", "").value().tenant,
            "default");
  EXPECT_EQ(authenticator.authenticate("Bearer slipway_0123456789abcdef0123456789abcdef", "acme").value().tenant,
            "acme");
  for (const char* header : {"", "Bearer ", "Bearer slipway_0123456789abcdef0123456789abcdeg", "Bearer slipway_",
                             "Basic slipway_0123456789abcdef0123456789abcdef"}) {
    EXPECT_EQ(authenticator.authenticate(header, "").status().code, Code::unauthenticated) << header;
  }
  EXPECT_EQ(authenticator.authenticate("Bearer slipway_0123456789abcdef0123456789abcdef", "A b").status().code,
            Code::invalid_argument);
}

}  // namespace
}  // namespace slipway::access
