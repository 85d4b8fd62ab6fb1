#include "plugins/storage/sqlite/writer.hpp"

#include <latch>

#include "tests/unit/plugins/storage/faulty_vfs.hpp"
#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

class GroupCommit : public StoreTest {
 protected:
  sqlite::StoreSettings counted() {
    auto result = settings();
    result.database.vfs = faulty_vfs();
    return result;
  }
  // Keeps the writer busy until release() so that what follows waits together.
  std::future<Result<int>> hold(sqlite::Store& store) {
    auto held = write_later(store, [this](sqlite::Database&, Instant) {
      begun_.count_down();
      go_on_.wait();
      return 0;
    });
    begun_.wait();
    return held;
  }
  void release() { go_on_.count_down(); }

 private:
  std::latch begun_{1};
  std::latch go_on_{1};
};

auto later(sqlite::Store& store, storage::WriteRequest request) {
  return write_later(store, [request = std::move(request)](sqlite::Database& database, Instant now) {
    return sqlite::write(database, request, now);
  });
}

TEST_F(GroupCommit, what_waits_together_reaches_the_disk_in_one_synchronisation) {
  sqlite::Store store(counted());
  auto held = hold(store);
  std::vector<std::future<Result<storage::WriteReply>>> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(later(store, {.puts = {put(std::to_string(i), "v")}}));
  const auto before = disk_faults().synchronisations.load();
  release();
  for (auto& one : waiting) EXPECT_TRUE(awaited(std::move(one)).ok());
  EXPECT_LE(disk_faults().synchronisations - before, 3);
}

TEST_F(GroupCommit, an_answer_comes_only_after_the_disk_has_it) {
  sqlite::Store store(counted());
  for (int i = 0; i < 5; ++i) {
    const auto before = disk_faults().synchronisations.load();
    ASSERT_TRUE(write(store, {.puts = {put("a", "v")}}).ok());
    EXPECT_GT(disk_faults().synchronisations, before);
  }
}

TEST_F(GroupCommit, a_refused_batch_leaves_no_trace_and_its_neighbours_alone) {
  sqlite::Store store(counted());
  auto held = hold(store);
  auto before = later(store, {.puts = {put("a", "1")}});
  auto refused = write_later(store, [](sqlite::Database& database, Instant now) -> int {
    sqlite::write(database, {.puts = {put("half", "done")}}, now);
    throw Error(Code::aborted, "changed its mind");
  });
  auto after = later(store, {.puts = {put("b", "2")}});
  release();
  EXPECT_TRUE(awaited(std::move(before)).ok());
  EXPECT_EQ(awaited(std::move(refused)).status().message, "changed its mind");
  EXPECT_TRUE(awaited(std::move(after)).ok());
  EXPECT_EQ(get(store, "half")->records.size(), 0U);
  EXPECT_EQ(get(store, "b")->records.size(), 1U);
}

TEST_F(GroupCommit, a_full_queue_refuses_and_says_how_much_waits) {
  auto small = counted();
  small.queue.jobs = 2;
  sqlite::Store store(small);
  auto held = hold(store);
  auto first = later(store, {.puts = {put("a", "1")}});
  auto second = later(store, {.puts = {put("b", "1")}});
  EXPECT_EQ(to_string(write(store, {.puts = {put("c", "1")}}).status()),
            "RESOURCE_EXHAUSTED: 2 writes with 0 bytes wait already, at most 2 with 67108864 bytes may; try again in a "
            "moment");
  release();
  EXPECT_TRUE(awaited(std::move(first)).ok());
  EXPECT_TRUE(awaited(std::move(second)).ok());
}

TEST_F(GroupCommit, a_stopping_store_answers_what_it_took_and_refuses_the_rest) {
  sqlite::Store store(counted());
  auto held = hold(store);
  auto taken = later(store, {.puts = {put("a", "1")}});
  release();
  store.stop();
  EXPECT_TRUE(awaited(std::move(taken)).ok());
  EXPECT_EQ(to_string(write(store, {}).status()), "UNAVAILABLE: the store takes no more writes, it is stopping");
  EXPECT_EQ(to_string(get(store, "a").status()), "UNAVAILABLE: the store takes no more reads, it is stopping");
}

struct GivenUp {
  std::shared_ptr<std::promise<Status>> ended;
  void operator()(const Result<storage::WriteReply>& result) const { ended->set_value(result.status()); }
  [[nodiscard]] bool cancelled() const { return true; }
};

TEST_F(GroupCommit, a_write_whose_caller_gave_up_is_not_done) {
  sqlite::Store store(counted());
  const GivenUp end{std::make_shared<std::promise<Status>>()};
  store.write(sqlite::make_job(
      [](sqlite::Database& database, Instant now) { return sqlite::write(database, {.puts = {put("a", "1")}}, now); },
      end));
  EXPECT_EQ(awaited(end.ended->get_future()).code, Code::cancelled);
  EXPECT_EQ(get(store, "a")->records.size(), 0U);
}

}  // namespace
}  // namespace slipway::test
