#include "plugins/storage/sqlite/batch.hpp"

#include "plugins/storage/common/batch.hpp"
#include "plugins/storage/common/leases.hpp"
#include "plugins/storage/sqlite/tables.hpp"

namespace slipway::sqlite {
namespace {

constexpr std::int64_t kForgottenAtOnce = 1000;

}  // namespace

storage::WriteReply write(Database& database, const storage::WriteRequest& request, Instant now) {
  DatabaseTables tables(database);
  return store::write(tables, request, now);
}

storage::AppendReply append(Database& database, const storage::AppendRequest& request, Instant now) {
  DatabaseTables tables(database);
  return store::append(tables, request, now);
}

storage::LeaseReply lease(Database& database, const storage::LeaseRequest& request, Instant now) {
  DatabaseTables tables(database);
  return store::lease(tables, request, now);
}

bool forget_batches(Database& database, Instant now) {
  database
      .query("DELETE FROM batches WHERE number IN (SELECT number FROM batches ORDER BY number LIMIT ?) AND at <= ?",
             kForgottenAtOnce, (now - store::kRemembered).ns)
      .run();
  return database.changes() == kForgottenAtOnce;
}

}  // namespace slipway::sqlite
