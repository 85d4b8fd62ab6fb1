// The tables of the store as the rules see them: on a connection, inside the writer's transaction.
#pragma once

#include "plugins/storage/common/tables.hpp"
#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

class DatabaseTables final : public store::Tables {
 public:
  explicit DatabaseTables(Database& database) : database_(database) {}

  std::int64_t version_of(const storage::Key& key) override;
  std::int64_t put(const storage::Put& put, Instant now) override;
  void remove(const storage::Key& key) override;
  std::int64_t append(const storage::StreamRef& stream, const std::string& value, Instant now) override;
  void trim(const storage::Trim& trim) override;
  store::LeaseRow lease(const std::string& name) override;
  void save_lease(const std::string& name, const store::LeaseRow& row) override;
  std::optional<storage::WriteReply> reply_to(const std::string& batch, Instant since) override;
  void save_reply(const std::string& batch, const storage::WriteReply& reply) override;

 private:
  Database& database_;
};

}  // namespace slipway::sqlite
