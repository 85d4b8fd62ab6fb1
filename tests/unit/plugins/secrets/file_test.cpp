#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "plugins/secrets/file/secret_files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::secrets_file {
namespace {

class SecretFiles : public testing::Test {
 protected:
  void plant(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::ofstream(file(name)) << text;
    ASSERT_EQ(::chmod(file(name).c_str(), mode), 0);
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return directory_.path() / name; }
  [[nodiscard]] std::string refusal(const std::string& name) const {
    return to_string(read_secret(directory_.path(), name).status());
  }
  [[nodiscard]] std::optional<std::string> value(const std::string& name) const {
    return *read_secret(directory_.path(), name);
  }
  [[nodiscard]] std::vector<std::string> names() const { return *list_secrets(directory_.path()); }

 private:
  test::TemporaryDirectory directory_;
};

TEST_F(SecretFiles, one_trailing_newline_is_no_part_of_the_secret) {
  plant("a", "value\n");
  plant("b", "value\n\n");
  plant("c", "va\nlue");
  EXPECT_EQ(value("a"), "value");
  EXPECT_EQ(value("b"), "value\n");
  EXPECT_EQ(value("c"), "va\nlue");
}

TEST_F(SecretFiles, a_file_that_others_may_read_is_refused_with_the_way_out) {
  plant("a", "hidden", 0640);
  EXPECT_EQ(refusal("a"), "FAILED_PRECONDITION: secret file \"" + file("a").string() +
                              "\" may be used by others (mode 0640); run chmod 600 on it");
}

TEST_F(SecretFiles, a_link_is_refused) {
  plant("a", "hidden");
  std::filesystem::create_symlink(file("a"), file("b"));
  EXPECT_EQ(refusal("b"),
            "FAILED_PRECONDITION: secret file \"" + file("b").string() + "\" is a link; put the file itself there");
}

TEST_F(SecretFiles, what_is_no_file_is_refused_without_waiting) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(file("folder"));
  EXPECT_EQ(refusal("pipe"), "FAILED_PRECONDITION: secret file \"" + file("pipe").string() + "\" is no regular file");
  EXPECT_EQ(refusal("folder"),
            "FAILED_PRECONDITION: secret file \"" + file("folder").string() + "\" is no regular file");
}

TEST_F(SecretFiles, the_largest_secret_has_64_kib) {
  plant("a", std::string(kMaxBytes, 'x'));
  plant("b", std::string(kMaxBytes + 1, 'x'));
  EXPECT_EQ(value("a")->size(), kMaxBytes);
  EXPECT_EQ(refusal("b"), "FAILED_PRECONDITION: secret file \"" + file("b").string() +
                              "\" has 65537 bytes, at most 65536 are allowed");
}

TEST_F(SecretFiles, a_name_cannot_leave_the_directory) {
  for (const char* name : {"../a", "a/b", "..", ".", ".hidden", "", "a b", "/etc/passwd"}) {
    EXPECT_FALSE(is_name(name)) << name;
    EXPECT_EQ(value(name), std::nullopt) << name;
  }
}

TEST_F(SecretFiles, the_list_has_files_that_can_be_secrets_only) {
  plant("b", "");
  plant("a", "");
  plant(".hidden", "");
  std::filesystem::create_directory(file("folder"));
  std::filesystem::create_symlink(file("a"), file("link"));
  EXPECT_THAT(names(), testing::ElementsAre("a", "b"));
}

TEST_F(SecretFiles, a_directory_that_is_not_there_is_named) {
  EXPECT_EQ(to_string(list_secrets(file("none")).status()), "FAILED_PRECONDITION: secret directory \"" +
                                                                file("none").string() +
                                                                "\" cannot be read: No such file or directory");
}

}  // namespace
}  // namespace slipway::secrets_file
