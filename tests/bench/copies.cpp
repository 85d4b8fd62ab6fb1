#include "tests/bench/copies.hpp"

#include <sqlite3.h>

#include <fstream>
#include <string>

#include "tests/bench/engine_host.hpp"

namespace slipway::bench {

void copy_the_first(const std::filesystem::path& store, int rollouts) {
  sqlite3* connection = nullptr;
  require(sqlite3_open(store.c_str(), &connection) == SQLITE_OK, "cannot open " + store.string());
  const std::string sql =
      "CREATE TEMP TABLE first AS SELECT r.*, o.rollout FROM records r, (SELECT substr(value, instr(value, "
      "'\"rollout\":\"') + 11, 26) AS rollout FROM records WHERE kind = 'application') o WHERE r.kind IN "
      "('application', "
      "'release') OR r.kind = 'rollout' AND r.id = o.rollout;"
      "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < " +
      std::to_string(rollouts) +
      ") INSERT INTO records (tenant, kind, id, value, version, updated_at) SELECT tenant, kind, replace(replace(id, "
      "'shop-000000', printf('shop-%06d', n)), rollout, substr(rollout, 1, 20) || printf('%06d', n)), "
      "replace(replace(value, 'shop-000000', printf('shop-%06d', n)), rollout, substr(rollout, 1, 20) || "
      "printf('%06d', n)), version, updated_at FROM first, numbers";
  const bool done = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  require(done, sqlite3_errmsg(connection));
  sqlite3_close(connection);
}

double resident_mib() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    double kib = 0;
    if (word == "VmRSS:" && file >> kib) return kib / 1024;
  }
  require(false, "/proc/self/status has no VmRSS");
  return 0;
}

}  // namespace slipway::bench
