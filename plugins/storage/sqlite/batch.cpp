#include "plugins/storage/sqlite/batch.hpp"

#include "plugins/storage/common/batch.hpp"
#include "plugins/storage/common/leases.hpp"
#include "plugins/storage/sqlite/tables.hpp"

namespace slipway::sqlite {

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

void forget_batches(Database& database, Instant now) {
  database
      .query("DELETE FROM batches WHERE number IN (SELECT number FROM batches ORDER BY number LIMIT 1000) AND at <= ?",
             (now - store::kRemembered).ns)
      .run();
}

}  // namespace slipway::sqlite
