#include "host/lifecycle/revisions.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <set>

#include "tests/support/temporary_directory.hpp"

namespace slipway::lifecycle {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RevisionFiles : public ::testing::Test {
 protected:
  Revision add(const std::string& reason) {
    return revisions_.add({.author = "ada", .reason = reason, .digest = "d", .profile = {{"note", reason}}}).value();
  }
  std::vector<std::int64_t> listed(std::int64_t before, std::size_t limit) const {
    std::vector<std::int64_t> numbers;
    const auto list = revisions_.list(before, limit).value();
    for (const Revision& one : list) numbers.push_back(one.number);
    return numbers;
  }
  test::TemporaryDirectory directory_;
  std::filesystem::path folder_ = directory_.path() / "profiles";
  Revisions revisions_{folder_, 3};
};

TEST_F(RevisionFiles, TwoThatAreAddedAtOnceGetANumberEach) {
  Revisions many{folder_, 100};
  std::set<std::int64_t> numbers;
  {
    std::vector<std::future<std::int64_t>> added;
    for (int i = 0; i < 40; ++i)
      added.push_back(std::async(std::launch::async, [&many] { return many.add({.author = "ada"}).value().number; }));
    for (auto& one : added) numbers.insert(one.get());
  }
  EXPECT_EQ(numbers.size(), 40U);
}

TEST_F(RevisionFiles, ThereIsNoneAtFirst) {
  EXPECT_FALSE(revisions_.newest().value().has_value());
  EXPECT_EQ(revisions_.get(1).status().message, "there is no revision 1 of the profile; there are none");
}

TEST_F(RevisionFiles, TheyAreNumberedKeptPrivatelyAndReadBack) {
  EXPECT_EQ(add("first").number, 1);
  EXPECT_EQ(add("second").number, 2);
  EXPECT_EQ(revisions_.newest().value()->reason, "second");
  EXPECT_EQ(revisions_.get(1).value().profile, Json({{"note", "first"}}));
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "00000002.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(RevisionFiles, TheyAreListedNewestFirstAndTheOldestGo) {
  for (const char* reason : {"a", "b", "c", "d", "e"}) add(reason);
  EXPECT_THAT(listed(0, 10), ::testing::ElementsAre(5, 4, 3));
  EXPECT_THAT(listed(5, 1), ::testing::ElementsAre(4));
  EXPECT_EQ(revisions_.get(1).status().message, "there is no revision 1 of the profile; there are 3 to 5");
}

TEST_F(RevisionFiles, ADamagedOneIsNamed) {
  add("first");
  std::ofstream(folder_ / "00000001.json") << "{\"number\": 1";
  const Status status = revisions_.newest().status();
  EXPECT_EQ(status.code, Code::data_loss);
  EXPECT_THAT(status.message, ::testing::HasSubstr("00000001.json"));
}

class WayBack : public RevisionFiles {
 protected:
  std::int64_t keep(const std::string& digest, std::int64_t returned_from = 0) {
    return all_.add({.author = "ada", .digest = digest, .returned_from = returned_from}).value().number;
  }
  std::string back_from(std::int64_t now, const std::string& digest) const {
    const auto found = all_.to_go_back_to(now, digest);
    return found.ok() ? std::to_string(found->number) : found.status().message;
  }
  Revisions all_{folder_, 100};
};

TEST_F(WayBack, LeadsToTheNewestEarlierProfileThatIsAnotherOne) {
  EXPECT_THAT(back_from(0, "a"), ::testing::HasSubstr("name a revision"));
  keep("a");
  EXPECT_THAT(back_from(1, "a"), ::testing::HasSubstr("the history has no earlier profile"));
  keep("b");
  keep("c");
  keep("c");
  EXPECT_EQ(back_from(4, "c"), "2");
  EXPECT_EQ(back_from(2, "b"), "1") << "what is newer does not count";
  EXPECT_EQ(back_from(0, "d"), "4") << "a profile that could not be kept";
}

TEST_F(WayBack, PassesOverWhatTheHostWentBackFromByItself) {
  keep("a");
  keep("b");
  keep("bad");
  keep("b", 3);
  EXPECT_EQ(back_from(4, "b"), "1");
  keep("c");
  EXPECT_EQ(back_from(5, "c"), "4");
  keep("bad");
  keep("c");
  EXPECT_EQ(back_from(7, "c"), "6") << "somebody wanted it again, and it stayed";
}

TEST_F(RevisionFiles, OneIsWatchedFromBeforeItIsAddedUntilItsEnd) {
  EXPECT_THAT(revisions_.watched(), IsEmpty());
  EXPECT_EQ(revisions_.watch_next().value(), 1);
  EXPECT_THAT(Revisions(folder_).watched(), ElementsAre(1)) << "for whoever comes after a crash";
  EXPECT_FALSE(revisions_.newest().value().has_value());
  EXPECT_EQ(add("first").number, 1);
  EXPECT_TRUE(revisions_.end_watch(2).ok());
  EXPECT_THAT(revisions_.watched(), ElementsAre(1));
  EXPECT_TRUE(revisions_.end_watch(1).ok());
  EXPECT_THAT(revisions_.watched(), IsEmpty());
  EXPECT_EQ(revisions_.watch_next().value(), 2);
}

TEST_F(RevisionFiles, OneIsStillWatchedWhileTheNextOneIsTriedAndAfterItCameToNothing) {
  EXPECT_EQ(revisions_.watch_next().value(), 1);
  add("first");
  EXPECT_EQ(revisions_.watch_next().value(), 2);
  EXPECT_THAT(revisions_.watched(), ElementsAre(1, 2));
  EXPECT_TRUE(revisions_.end_watch(2).ok());
  EXPECT_THAT(revisions_.watched(), ElementsAre(1));
  EXPECT_TRUE(revisions_.end_watches().ok());
  EXPECT_THAT(revisions_.watched(), IsEmpty());
}

}  // namespace
}  // namespace slipway::lifecycle
