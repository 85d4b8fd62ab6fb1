#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

// Writes batches with growing numbers and reports each one that was answered, until it is killed.
[[noreturn]] void write_for_ever(const sqlite::StoreSettings& settings, int report) {
  sqlite::Store store(settings);
  for (std::int64_t n = 1;; ++n) {
    const auto written =
        write(store, {.puts = {put("counter", std::to_string(n))}, .appends = {{{"acme", "log"}, std::to_string(n)}}});
    if (!written.ok() || ::write(report, &n, sizeof n) != sizeof n) ::_exit(1);
  }
}

std::int64_t read_number(int from) {
  std::int64_t n = 0;
  return ::read(from, &n, sizeof n) == sizeof n ? n : 0;
}

TEST(Durability, nothing_answered_is_lost_and_nothing_is_half_done_when_the_process_is_killed) {
  for (int round = 0; round < 3; ++round) {
    TemporaryDirectory own;
    const sqlite::StoreSettings fresh{.database = {.path = own.path() / "store.db"}};
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(fresh, pipe[1]);
    ::close(pipe[1]);
    std::int64_t answered = 0;
    while (answered < 30 + round) answered = read_number(pipe[0]);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (const std::int64_t n = read_number(pipe[0])) answered = n;
    ::close(pipe[0]);

    sqlite::Store store(fresh);
    const auto log = read(store, [](sqlite::Database& database, Instant) {
      return sqlite::read(database, {.stream = {"acme", "log"}, .limit = 1});
    });
    EXPECT_GE(log->last, answered);
    EXPECT_EQ(get(store, "counter")->records.at(0).value, std::to_string(log->last));
  }
}

}  // namespace
}  // namespace slipway::test
