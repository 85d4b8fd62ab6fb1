#include "plugins/providers/local/replica/launcher.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "plugins/providers/local/base/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::local {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

class FakeSecrets final : public Secrets {
 public:
  awaitable<std::map<std::string, std::string>> resolve(std::string, std::vector<std::string>) override {
    co_return values;
  }
  std::map<std::string, std::string> values{{"env:DB", "hidden ${PORT}"}};
};

class Launching : public ::testing::Test {
 protected:
  Result<Command> prepare(const provider::Release& release) {
    Result<Command> result = Status(Code::unknown, "no end");
    auto work = [](Launcher& which, const provider::Release& what, Result<Command>& out) -> awaitable<void> {
      try {
        const ReplicaPlace place{"acme", "shop", "1.0-1", 20001};
        out = co_await which.prepare(what, place);
      } catch (const Error& error) {
        out = error.status();
      }
    };
    boost::asio::co_spawn(context, work(launcher, release, result), [](std::exception_ptr) {});
    context.run_for(std::chrono::seconds(5));
    return result;
  }
  provider::Release release() {
    provider::Release made;
    made.version = "1.0";
    made.command = {"${ARTEFACT}", "--port=${PORT}"};
    made.artefact.path = "/bin/true";
    return made;
  }

  slipway::test::TemporaryDirectory directory;
  boost::asio::io_context context;
  FakeSecrets secrets;
  ArtefactStore artefacts{directory.path() / "artefacts"};
  Launcher launcher{{directory.path() / "work", directory.path() / "logs"}, artefacts, secrets, context.get_executor()};
};

TEST_F(Launching, fills_in_port_artefact_environment_and_secrets) {
  provider::Release what = release();
  what.env = {{"URL", "http://localhost:${PORT}"}};
  what.secrets = {{"DB", "env:DB"}};
  const auto command = prepare(what);
  ASSERT_TRUE(command.ok()) << to_string(command.status());
  EXPECT_THAT(command->arguments, ElementsAre("/bin/true", "--port=20001"));
  for (const char* entry : {"PORT=20001", "URL=http://localhost:20001", "DB=hidden ${PORT}",
                            "SLIPWAY_REPLICA=acme/shop/1.0-1", "SLIPWAY_RELEASE=1.0"}) {
    EXPECT_THAT(command->environment, Contains(entry));
  }
  EXPECT_EQ(command->folder, (directory.path() / "work/acme.shop/1.0-1").string());
  EXPECT_EQ(command->log_file, (directory.path() / "logs/acme.shop/1.0-1.log").string());
}

TEST_F(Launching, writes_files_below_the_working_directory_only) {
  provider::Release what = release();
  what.files = {{"etc/app.conf", "a = 1"}};
  ASSERT_TRUE(prepare(what).ok());
  EXPECT_EQ(read_file(directory.path() / "work/acme.shop/1.0-1/etc/app.conf"), "a = 1");
  launcher.clean_up({"acme", "shop", "1.0-1", 20001});
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "work/acme.shop/1.0-1"));
}

TEST_F(Launching, a_file_outside_is_refused) {
  provider::Release what = release();
  what.files = {{"../evil", ""}};
  EXPECT_EQ(prepare(what).status().message,
            "the file \"../evil\" lies outside the working directory; want a relative path");
}

TEST_F(Launching, a_secret_without_a_value_is_named_without_any_value) {
  secrets.values.clear();
  provider::Release what = release();
  what.secrets = {{"DB", "env:DB"}};
  EXPECT_EQ(prepare(what).status().message, "the secret \"env:DB\" has no value");
}

}  // namespace
}  // namespace slipway::local
