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
    context.restart();
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
  boost::asio::io_context context, archives;  // nobody unpacks: as while another's archive takes long
  FakeSecrets secrets;
  ArtefactStore artefacts{directory.path() / "artefacts"};
  Launcher launcher{{directory.path() / "work", directory.path() / "logs", 4},
                    artefacts,
                    secrets,
                    archives.get_executor(),
                    context.get_executor()};
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

// The replica's process may do as it likes in its folder, and the files are written anew by root at each start.
class OwnFolder : public Launching {
 protected:
  OwnFolder() {
    what.files = {{"conf/app.conf", "a = 1"}};
    std::filesystem::create_directory(outside);
    write_file(outside / "app.conf", "not yours", Durability::kProcess);
    EXPECT_TRUE(prepare(what).ok());
    std::filesystem::remove_all(folder / "conf");
  }
  provider::Release what = release();
  const std::filesystem::path outside = directory.path() / "outside",
                              folder = directory.path() / "work/acme.shop/1.0-1";
};

TEST_F(OwnFolder, whose_subfolder_became_a_link_is_refused_and_nothing_is_written_through_it) {
  std::filesystem::create_directory_symlink(outside, folder / "conf");
  EXPECT_EQ(prepare(what).status().message,
            "\"" + (folder / "conf").string() +
                "\" is no folder; a release's files are written through none but folders: "
                "remove what is there");
  EXPECT_EQ(read_file(outside / "app.conf"), "not yours");
}

TEST_F(OwnFolder, whose_files_became_links_gets_its_files_and_what_they_led_to_stays_as_it_was) {
  std::filesystem::create_directory(folder / "conf");
  std::filesystem::create_symlink(outside / "app.conf", folder / "conf/app.conf");
  std::filesystem::create_hard_link(outside / "app.conf", folder / "conf/app.conf.new");
  ASSERT_TRUE(prepare(what).ok());
  EXPECT_EQ(read_file(folder / "conf/app.conf"), "a = 1");
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "conf/app.conf"));
  EXPECT_EQ(read_file(outside / "app.conf"), "not yours");
}

TEST_F(Launching, keeps_the_logs_of_replicas_that_are_there_however_many_and_old_and_the_last_of_others) {
  const auto logs = directory.path() / "logs/acme.shop";
  make_private_folder(logs);
  for (const std::string id : {"0.9-1", "0.9-2", "0.9-3", "0.9-4", "1.0-7", "1.0-8"}) {
    write_file(logs / (id + ".log"), id, Durability::kProcess);
    write_file(logs / (id + ".log.1"), id, Durability::kProcess);
    const auto age = std::chrono::hours(id.starts_with("1.0") ? 100 : '9' - id.back());
    for (const char* end : {".log", ".log.1"})
      std::filesystem::last_write_time(logs / (id + end), std::filesystem::file_time_type::clock::now() - age);
  }
  for (const char* id : {"1.0-1", "1.0-7", "1.0-8"}) launcher.keep({"acme", "shop", id, 0});
  launcher.clean_up({"acme", "shop", "1.0-8", 0});
  ASSERT_TRUE(prepare(release()).ok());
  std::set<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(logs)) left.insert(entry.path().filename());
  EXPECT_EQ(left, (std::set<std::string>{"0.9-3.log", "0.9-3.log.1", "0.9-4.log", "0.9-4.log.1", "1.0-7.log",
                                         "1.0-7.log.1"}));
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
