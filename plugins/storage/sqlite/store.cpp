#include "plugins/storage/sqlite/store.hpp"

#include <utility>

#include "plugins/storage/sqlite/schema.hpp"

namespace slipway::sqlite {
namespace {

constexpr std::size_t kReaders = 2;
constexpr Duration kIntegrityCheck = seconds(5);

std::unique_ptr<Database> open(const StoreSettings& settings) {
  const std::string path = settings.database.path.string();
  auto database = std::make_unique<Database>(settings.database, Access::write);
  if (!database->check_integrity(kIntegrityCheck)) {
    settings.report({Code::deadline_exceeded,
                     "database \"" + path + "\" is too large to be checked for damage within " +
                         to_string(kIntegrityCheck) + "; run \"PRAGMA integrity_check\" on a copy of it now and then"});
  }
  migrate(*database, path, migrations(), {settings.time.wall_ns()});
  return database;
}

}  // namespace

Store::Store(const StoreSettings& settings) {
  make_private_file(settings.database.path);
  lock_ = std::make_unique<LockFile>(settings.database.path);
  auto database = open(settings);
  clock_ = std::make_unique<StoreClock>(settings.time, newest_time(*database));
  readers_ = std::make_unique<Readers>(settings.database, kReaders, settings.queue);
  writer_ = std::make_unique<Writer>(std::move(database), *clock_, settings.queue, settings.report);
}

void Store::write(std::unique_ptr<Job> job) {
  if (const Status refusal = writer_->submit(job); !refusal.ok()) job->finish(refusal);
}

void Store::read(std::unique_ptr<Job> job) {
  if (const Status refusal = readers_->submit(job); !refusal.ok()) job->finish(refusal);
}

void Store::stop() {
  writer_->stop();
  readers_->stop();
}

}  // namespace slipway::sqlite
