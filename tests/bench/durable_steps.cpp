// Durable decisions a second of the whole engine, with 64 rollouts under way at once: on storage-sqlite against single
// rows committed one by one with the same settings on the same disk, on storage-postgres against pgbench, whose 64
// clients each commit single rows on the same server.
//
// How many single rows a disk takes is a matter of its flush, which 64 rollouts share and single rows do not. So there
// is a row for a disk of a slower flush too, for both alike.
//
// A disk is never twice the same, so each round of rollouts is held against the single rows committed right before and
// right after it, and the median of the rounds' ratios is what counts.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/engine_host.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/slow_disk.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRollouts = 64;

// SLIPWAY_BENCH_SECONDS shortens a run that only shows that the benchmark works.
bool is_short() { return std::getenv("SLIPWAY_BENCH_SECONDS") != nullptr; }
int rounds() { return is_short() ? 1 : 9; }

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// One row of 1 KiB after the other, each in a transaction of its own.
class PlainLoop {
 public:
  explicit PlainLoop(const std::filesystem::path& path) {
    require(sqlite3_open(path.c_str(), &connection_) == SQLITE_OK, "cannot open " + path.string());
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT)");
    const char* sql = "INSERT INTO rows (value) VALUES (?)";
    require(sqlite3_prepare_v2(connection_, sql, -1, &insert_, nullptr) == SQLITE_OK, "prepare");
    sqlite3_bind_text(insert_, 1, value_.data(), static_cast<int>(value_.size()), SQLITE_STATIC);
  }
  PlainLoop(const PlainLoop&) = delete;
  PlainLoop& operator=(const PlainLoop&) = delete;
  ~PlainLoop() {
    sqlite3_finalize(insert_);
    sqlite3_close(connection_);
  }

  double per_second() {
    const std::chrono::duration<double> slice(is_short() ? 0.05 : 0.5);
    std::int64_t rows = 0;
    const auto start = Clock::now();
    for (; Clock::now() - start < slice; ++rows) {
      require(sqlite3_step(insert_) == SQLITE_DONE, sqlite3_errmsg(connection_));
      sqlite3_reset(insert_);
    }
    return static_cast<double>(rows) / seconds_since(start);
  }

 private:
  void run(const char* sql) {
    require(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(connection_));
  }

  const std::string value_ = std::string(1024, 'v');
  sqlite3* connection_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

// Rows of 1 KiB by 64 clients of PostgreSQL's own benchmark, each row in a transaction of its own.
class Pgbench {
 public:
  explicit Pgbench(const test::PostgresServer& server) : server_(server), script_(server.folder() / "single-rows.sql") {
    (void)server.sql("CREATE TABLE public.single_rows (id bigserial PRIMARY KEY, value text)");
    std::ofstream(script_) << "INSERT INTO public.single_rows (value) VALUES (repeat('v', 1024));\n";
  }

  double per_second() {
    const std::string command = "pgbench -n -M prepared -c 64 -j 2 -T " + std::string(is_short() ? "1" : "2") +
                                " -U postgres -h " + server_.folder().string() + " -p " +
                                std::to_string(server_.port()) + " -f " + script_.string() + " slipway 2>&1";
    std::string text;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    require(pipe != nullptr, "cannot run " + command);
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
    const auto at = text.find("tps = ");
    require(::pclose(pipe) == 0 && at != text.npos, command + ": " + text);
    return std::stod(text.substr(at + 6));
  }

 private:
  const test::PostgresServer& server_;
  const std::filesystem::path script_;
};

std::string shop(int i) { return "shop-" + std::to_string(i); }

rollout::ApplicationSpec spec_of(const std::string& name) {
  Json steps = Json::array();
  for (int percent = 4; percent < 100; percent += 4) steps.push_back({{"weight", std::to_string(percent) + "%"}});
  return {.name = name,
          .replicas = 4,
          .strategy = {"canary", json_text(Json{{"steps", steps}, {"scale_down_delay", "0s"}})}};
}

// Durable steps a second of one rollout of each application, all at once.
double round_of(EngineHost& host, int number) {
  const std::string release = "1." + std::to_string(number);
  for (int i = 0; i < kRollouts; ++i) host.make_release(shop(i), release);
  const std::int64_t before = host.durable();
  const auto start = Clock::now();
  for (int i = 0; i < kRollouts; ++i) host.deploy(shop(i), release);
  host.until_all_are_done();
  return static_cast<double>(host.durable() - before) / seconds_since(start);
}

// So many times what single rows reach. An earlier goal was nearer; it is told beside this one.
struct Goal {
  int times = 0;
  std::string against;
  std::optional<int> nearer{};
};

std::string words_of(const Goal& goal, double reached) {
  std::string text = "≥ " + std::to_string(goal.times) + " x " + goal.against + " (median of rounds side by side)";
  if (!goal.nearer) return text;
  return text + "; ≥ " + std::to_string(*goal.nearer) + " x: " + (reached >= *goal.nearer ? "yes" : "NO");
}

template <class Rows>
void measure(const std::string& id, const StorePlugin& store, Rows& rows, const Goal& goal) {
  EngineHost host(store);
  for (int i = 0; i < kRollouts; ++i) host.make_application(spec_of(shop(i)));
  (void)round_of(host, 0);  // the first releases go straight to all traffic

  std::vector<double> steps, singles, ratios;
  double before = rows.per_second();
  for (int i = 1; i <= rounds(); ++i) {
    steps.push_back(round_of(host, i));
    const double after = rows.per_second();
    singles.push_back((before + std::exchange(before, after)) / 2);
    ratios.push_back(steps.back() / singles.back());
  }
  report({.id = id,
          .value = median(steps),
          .unit = "steps/s",
          .reference = median(singles),
          .goal = words_of(goal, median(ratios)),
          .holds = median(ratios) >= goal.times,
          .ratio = median(ratios)});
}

void on_sqlite(const std::string& id, const std::string& against) {
  const test::TemporaryDirectory directory;
  PlainLoop rows(directory.path() / "rows.db");
  const std::string config = to_text({{"path", (directory.path() / "store.db").string()}});
  measure(id, {"storage-sqlite", config, runtime::Threading::concurrent}, rows, {10, against, 5});
}

void on_postgres() {
  const test::PostgresServer server({"fsync = on", "shared_buffers = 128MB", "max_connections = 100"});
  Pgbench rows(server);
  const std::string config =
      to_text({{"connection", server.connection()}, {"owner_connection", server.connection("slipway_owner")}});
  measure("storage-postgres.durable_steps_64_rollouts", {"storage-postgres", config, runtime::Threading::blocking},
          rows, {5, "pgbench's single-row commits at 64 clients"});
}

}  // namespace
}  // namespace slipway::bench

int main() {
  using namespace slipway::bench;
  on_sqlite("storage-sqlite.durable_steps_64_rollouts", "single-row commits of a loop");
  slow_the_disk();
  on_sqlite("storage-sqlite.durable_steps_slow_flush", "single-row commits of a loop, each flush 1 ms longer");
  on_postgres();
}
