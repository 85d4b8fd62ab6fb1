#include "tools/cli/scaffold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.hpp"
#include "tools/cli/client.hpp"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class Scaffold : public testing::Test {
 protected:
  void SetUp() override {
    put("cpp/common/README.md", "# acme.greeter");
    put("cpp/common/src/main.txt", "namespace acme_greeter // ACME_GREETER_H");
    put("cpp/gate/plugin.json", R"({"id": "acme.greeter"})");
    put("cpp/secrets/plugin.json", "{}");
    put("rust/gate/plugin.json", "{}");
    put("rust/common/README.md", "");
  }
  void put(const std::string& name, const std::string& text) {
    fs::create_directories((templates() / name).parent_path());
    std::ofstream(templates() / name) << text;
  }
  [[nodiscard]] fs::path templates() const { return folder_.path() / "template"; }
  [[nodiscard]] fs::path target() const { return folder_.path() / "made"; }
  [[nodiscard]] std::vector<fs::path> make(const std::string& id, const std::string& interface = "gate",
                                           const std::string& language = "cpp") const {
    return make_plugin(templates(), {id, interface, language, target()});
  }
  [[nodiscard]] std::string refusal(const std::string& id, const std::string& interface = "gate",
                                    const std::string& language = "cpp", int status = 400) const {
    try {
      static_cast<void>(make(id, interface, language));
      return "nothing was refused";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.status(), status);
      return failure.message();
    }
  }

  test::TemporaryDirectory folder_;
};

TEST_F(Scaffold, copies_both_parts_of_the_template_under_the_plugins_name) {
  EXPECT_THAT(make("globex.rate-limit"), ElementsAre("README.md", "plugin.json", "src/main.txt"));
  EXPECT_EQ(text_of(target() / "README.md"), "# globex.rate-limit");
  EXPECT_EQ(text_of(target() / "plugin.json"), R"({"id": "globex.rate-limit"})");
  EXPECT_EQ(text_of(target() / "src/main.txt"), "namespace globex_rate_limit // GLOBEX_RATE_LIMIT_H");
}

TEST_F(Scaffold, refuses_what_is_no_id_of_a_third_party) {
  for (const char* id : {"", "greeter", "Acme.greeter", "acme.", ".greeter", "acme.greeter.two", "../acme.greeter",
                         "acme.1", "acme.gree_ter", "acme.greeter\n"}) {
    EXPECT_EQ(refusal(id),
              "\"" + std::string(id) +
                  "\" is no plugin id; want vendor.name in lower-case letters, digits and dashes, each part "
                  "begun by a letter: acme.greeter");
  }
}

TEST_F(Scaffold, refuses_an_unknown_interface_with_those_that_there_are) {
  EXPECT_EQ(refusal("acme.greeter", "gates"),
            "--interface \"gates\": there is no such template for cpp; there are gate, secrets");
  EXPECT_EQ(refusal("acme.greeter", "secrets", "rust"),
            "--interface \"secrets\": there is no such template for rust; there are gate");
  EXPECT_EQ(refusal("acme.greeter", "common"),
            "--interface \"common\": there is no such template for cpp; there are gate, secrets");
}

TEST_F(Scaffold, refuses_an_unknown_language_with_those_that_there_are) {
  EXPECT_EQ(refusal("acme.greeter", "gate", "go"), "--lang \"go\": there is no such template; there are cpp, rust");
}

TEST_F(Scaffold, never_overwrites_what_is_there) {
  fs::create_directories(target());
  std::ofstream(target() / "mine") << "precious";
  EXPECT_EQ(refusal("acme.greeter", "gate", "cpp", 409),
            target().string() + " exists already; name another folder with --directory");
  EXPECT_EQ(text_of(target() / "mine"), "precious");
}

TEST_F(Scaffold, takes_a_link_to_nowhere_for_something_that_is_there) {
  fs::create_symlink("nowhere", target());
  EXPECT_THAT(refusal("acme.greeter", "gate", "cpp", 409), testing::HasSubstr("exists already"));
}

TEST_F(Scaffold, leaves_nothing_behind_when_it_can_not_finish) {
  fs::remove_all(templates() / "cpp/common");
  EXPECT_THAT(refusal("acme.greeter", "gate", "cpp", 0), testing::HasSubstr("can't make " + target().string()));
  EXPECT_THAT(std::vector<fs::path>(fs::directory_iterator(folder_.path()), {}).size(), 1U);
}

TEST_F(Scaffold, says_where_templates_come_from_when_there_are_none) {
  fs::remove_all(templates());
  EXPECT_EQ(refusal("acme.greeter", "gate", "cpp", 0),
            "there are no templates in " + templates().string() +
                "; they come with the SDK: install Slipway with its component sdk");
}

TEST_F(Scaffold, finds_its_templates_beside_the_folder_of_the_program) {
  EXPECT_EQ(templates_of("/opt/slipway/bin/slipway"), "/opt/slipway/share/slipway/template");
}

}  // namespace
}  // namespace slipway::cli
