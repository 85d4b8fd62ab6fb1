#include "plugins/providers/local/world/world.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace slipway::local {
namespace {

ApplicationRecord record() {
  ApplicationRecord made;
  made.desired.tenant = "acme";
  made.desired.application = "shop";
  made.desired.generation = 7;
  provider::DesiredGroup group{"stable", {}, 2, kAllTraffic};
  group.release.version = "1.0";
  group.release.command = {"app"};
  made.desired.groups = {group};
  made.releases = {group.release};
  ReplicaRecord replica;
  replica.id = "1.0-1";
  replica.release = "1.0";
  replica.port = 20001;
  replica.pid = 4711;
  made.replicas = {replica};
  made.route = "x";
  return made;
}

TEST(World, remembers_an_application_until_it_is_erased) {
  const slipway::test::TemporaryDirectory directory;
  const World world(directory.path() / "state");
  world.save(record(), Durability::kMachine);
  std::vector<std::string> problems;
  const auto loaded = world.load(problems);
  EXPECT_THAT(problems, ::testing::IsEmpty());
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(encode_text(loaded[0]), encode_text(record()));
  world.erase(record().desired);
  EXPECT_THAT(world.load(problems), ::testing::IsEmpty());
}

TEST(World, of_a_removed_application_the_token_is_remembered_and_of_too_many_the_newest) {
  const slipway::test::TemporaryDirectory directory;
  const World world(directory.path());
  RemovedRecords full;
  for (std::size_t i = 0; i < kMostRemoved; ++i)
    full.removed.push_back({"acme", "shop-" + std::to_string(i), static_cast<std::int64_t>(i + 1)});
  std::ofstream(directory.path() / "removed") << encode_text(full);
  provider::Desired last = record().desired;
  last.application = "blog";
  for (last.token = 4'999; last.token <= 5'000; ++last.token) world.erase(last);
  EXPECT_EQ(world.fence_of_removed("acme", "shop-0"), 0);
  EXPECT_EQ(world.fence_of_removed("acme", "shop-1"), 2);
  EXPECT_EQ(world.fence_of_removed("acme", "blog"), 5'000);
  EXPECT_EQ(world.fence_of_removed("other", "shop-1"), 0);
}

TEST(World, a_file_that_cannot_be_read_is_named_and_left_alone) {
  const slipway::test::TemporaryDirectory directory;
  const World world(directory.path());
  const auto file = directory.path() / "acme.shop.json";
  std::ofstream(file) << "{";
  std::vector<std::string> problems;
  EXPECT_THAT(world.load(problems), ::testing::IsEmpty());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], ::testing::StartsWith("INVALID_ARGUMENT: \"" + file.string() + "\": not JSON at byte"));
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(World, a_memory_of_removed_applications_that_cannot_be_read_is_told_and_keeps_nobody_out) {
  const slipway::test::TemporaryDirectory directory;
  const World world(directory.path());
  std::ofstream(directory.path() / "removed") << "{";
  std::vector<std::string> problems;
  EXPECT_THAT(world.load(problems), ::testing::IsEmpty());
  EXPECT_THAT(problems, ::testing::ElementsAre(::testing::HasSubstr("not JSON at byte")));
  EXPECT_EQ(world.fence_of_removed("acme", "shop"), 0);
}

TEST(World, its_files_are_for_their_owner_only) {
  const slipway::test::TemporaryDirectory directory;
  const World world(directory.path());
  world.save(record(), Durability::kProcess);
  const auto rights = std::filesystem::status(directory.path() / "acme.shop.json").permissions();
  EXPECT_EQ(rights, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Fence, an_older_token_is_refused_before_the_generation_is_looked_at) {
  provider::Desired seen, fresh;
  seen.application = fresh.application = "shop";
  seen.token = 3;
  seen.generation = 9;
  fresh.token = 2;
  fresh.generation = 10;
  EXPECT_EQ(check_fence(seen, fresh).message,
            "application \"shop\": the fencing token 2 is older than 3, which was applied already; somebody else has "
            "taken over");
  EXPECT_EQ(check_token(seen, 2), check_fence(seen, fresh));
  fresh.token = 3;
  fresh.generation = 8;
  EXPECT_EQ(check_fence(seen, fresh).code, Code::aborted);
  fresh.generation = 9;
  EXPECT_TRUE(check_fence(seen, fresh).ok());
  fresh.token = 4;
  fresh.generation = 8;
  EXPECT_TRUE(check_fence(seen, fresh).ok()) << "a newer lease knows better";
  EXPECT_TRUE(check_token(seen, 3).ok());
}

}  // namespace
}  // namespace slipway::local
