// Durable batches a second on storage-sqlite with 64 writers, each waiting for its answer before the next batch,
// against single rows committed one by one with the same settings on the same disk. A batch is what one decision of a
// rollout writes: a lease and a version that must hold, a record of 1 KiB, an entry of 200 bytes. Every batch crosses
// the ABI as JSON.
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <slipway/interfaces/storage.hpp>
#include <slipway/testing/library.hpp>
#include <vector>

#include "tests/bench/report.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWriters = 64;
constexpr double kGoal = 5;

// SLIPWAY_BENCH_SECONDS shortens a run that only shows that the benchmark works.
std::chrono::duration<double> length() {
  const char* wanted = std::getenv("SLIPWAY_BENCH_SECONDS");
  return std::chrono::duration<double>(wanted == nullptr ? 2.0 : std::atof(wanted));
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void require(bool held, const std::string& what) {
  if (held) return;
  std::fprintf(stderr, "bench-storage-sqlite: %s\n", what.c_str());
  std::exit(1);
}

void run(sqlite3* connection, const char* sql) {
  require(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(connection));
}

double single_rows(const std::filesystem::path& path) {
  sqlite3* connection = nullptr;
  require(sqlite3_open(path.c_str(), &connection) == SQLITE_OK, "cannot open " + path.string());
  run(connection,
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT)");
  sqlite3_stmt* insert = nullptr;
  require(sqlite3_prepare_v2(connection, "INSERT INTO rows (value) VALUES (?)", -1, &insert, nullptr) == SQLITE_OK,
          "prepare");
  const std::string value(1024, 'v');
  sqlite3_bind_text(insert, 1, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  std::int64_t rows = 0;
  const auto start = Clock::now();
  for (; Clock::now() - start < length(); ++rows) {
    require(sqlite3_step(insert) == SQLITE_DONE, sqlite3_errmsg(connection));
    sqlite3_reset(insert);
  }
  const double rate = static_cast<double>(rows) / seconds_since(start);
  sqlite3_finalize(insert);
  sqlite3_close(connection);
  return rate;
}

// The instance, and the answers as they come in.
class Plugin {
 public:
  explicit Plugin(const std::string& config) : library_(SLIPWAY_PLUGIN_ROOT "/storage-sqlite/0.1.0/storage-sqlite.so") {
    slipway_blob error{};
    require(table().create(&host_, detail::span_of(config), &instance_, &error) == SLIPWAY_OK, "create failed");
    require(table().start(instance_, &error) == SLIPWAY_OK, "start failed");
  }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  ~Plugin() {
    table().quiesce(instance_);
    table().destroy(instance_);
  }

  template <class Method>
  void begin(std::uint64_t id, const typename Method::Request& request) {
    const std::string payload = encode_text(request);
    slipway_call call{};
    call.size = sizeof call;
    call.method = storage::Interface::index_of<Method>();
    call.id = id;
    call.budget_ns = seconds(30).ns;
    call.payload = detail::span_of(payload);
    table().invoke(instance_, &call);
  }
  // Ids of the calls that were answered since the last time; waits for one.
  std::vector<std::uint64_t> answered() {
    std::unique_lock lock(mutex_);
    require(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return !ids_.empty(); }), "no answer in time");
    return std::exchange(ids_, {});
  }

 private:
  static void complete(void* context, std::uint64_t id, slipway_status status, slipway_blob reply) {
    auto& self = *static_cast<Plugin*>(context);
    require(status == SLIPWAY_OK, std::string(detail::text_of({reply.data, reply.size})));
    reply.release(reply.owner);
    const std::scoped_lock lock(self.mutex_);
    self.ids_.push_back(id);
    self.changed_.notify_one();
  }
  [[nodiscard]] const slipway_plugin& table() const { return library_.table(); }

  Library library_;
  slipway_host host_{sizeof(slipway_host),
                     SLIPWAY_ABI_MINOR,
                     this,
                     complete,
                     [](void*, std::uint64_t) -> std::uint32_t { return 0; },
                     [](void*, slipway_span, slipway_span, std::uint64_t, slipway_span, std::int64_t) {},
                     [](void*, std::uint64_t) {},
                     [](void*, std::uint32_t, slipway_span message, slipway_span) {
                       std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size),
                                    reinterpret_cast<const char*>(message.data));
                     },
                     [](void*, std::uint32_t, slipway_span, slipway_span, double) {}};
  slipway_instance* instance_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> ids_;
};

// The n-th decision of a writer; its lease is the first that was ever given, so its token is 1.
storage::WriteRequest decision(std::size_t writer, std::int64_t n) {
  const std::string name = "rollout-" + std::to_string(writer);
  const storage::Key key{"acme", "rollout", name};
  return {.batch = name + "/" + std::to_string(n),
          .expect = {{key, n}},
          .expect_leases = {{name, 1}},
          .puts = {{key, std::string(1024, 's')}},
          .appends = {{{"acme", name}, std::string(200, 'j')}}};
}

double batches(const std::filesystem::path& path) {
  Plugin plugin(to_text({{"path", path.string()}}));
  std::array<std::int64_t, kWriters> done{};
  for (std::size_t i = 0; i < kWriters; ++i) {
    plugin.begin<storage::Lease>(i + 1,
                                 {.name = "rollout-" + std::to_string(i), .owner = "bench", .ttl = seconds(3600)});
  }
  for (std::size_t held = 0; held < kWriters;) held += plugin.answered().size();
  for (std::size_t i = 0; i < kWriters; ++i) plugin.begin<storage::Write>(i + 1, decision(i, 0));

  std::int64_t total = 0;
  std::size_t open = kWriters;
  const auto start = Clock::now();
  while (Clock::now() - start < length()) {
    for (const std::uint64_t id : plugin.answered()) {
      ++total;
      plugin.begin<storage::Write>(id, decision(id - 1, ++done[id - 1]));
    }
  }
  const double rate = static_cast<double>(total) / seconds_since(start);
  while (open > 0) open -= plugin.answered().size();
  return rate;
}

int measure() {
  const TemporaryDirectory directory;
  const double before = single_rows(directory.path() / "before.db");
  const double grouped = batches(directory.path() / "store.db");
  const double reference = (before + single_rows(directory.path() / "after.db")) / 2;
  bench::report({.id = "storage-sqlite.batches_64_writers",
                 .value = grouped,
                 .unit = "batches/s",
                 .reference = reference,
                 .goal = "≥ 5 x single-row commits",
                 .holds = grouped >= kGoal * reference});
  return 0;
}

}  // namespace
}  // namespace slipway::test

int main() { return slipway::test::measure(); }
