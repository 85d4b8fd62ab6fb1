// storage-sqlite: slipway.storage/1 in one local file.
#include <slipway/plugin.hpp>

#include "plugins/storage/common/sizes.hpp"
#include "plugins/storage/sqlite/backup.hpp"
#include "plugins/storage/sqlite/batch.hpp"
#include "plugins/storage/sqlite/records.hpp"
#include "plugins/storage/sqlite/store.hpp"
#include "plugins/storage/sqlite/streams.hpp"

namespace slipway::sqlite {
namespace {

struct Settings {
  std::string path;
  Duration busy_timeout = seconds(5);
  std::int64_t queue_limit = 4096;
  backup::Purpose purpose = backup::Purpose::serve;
  static constexpr auto fields() {
    return slipway::fields(
        required("path", &Settings::path,
                 "The database file; it and its directory are made when missing, for their owner only.",
                 between(1, 4096)),
        field("busy_timeout", &Settings::busy_timeout,
              "How long to wait for a lock that another program has on the file."),
        field("queue_limit", &Settings::queue_limit, "Writes, and reads, that may wait; more are refused.",
              between(1, 1'000'000)),
        field("purpose", &Settings::purpose, "Leave it out: `slipway storage` sets it for itself."));
  }
};

class SqliteStorage final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<storage::Interface, backup::Interface>;
  using Plugin::Plugin;

  void start() {
    if (settings().purpose == backup::Purpose::serve) store_ = std::make_unique<Store>(store_settings());
  }
  void stop() {
    if (store_) store_->stop();
  }
  plugin::HealthReply health();

  void get(storage::GetRequest request, Completer<storage::GetReply> answer) {
    read_with(std::move(answer), [request](Database& database, Instant) { return sqlite::get(database, request); });
  }
  void scan(storage::ScanRequest request, Completer<storage::ScanReply> answer) {
    read_with(std::move(answer), [request](Database& database, Instant) { return sqlite::scan(database, request); });
  }
  void read(storage::ReadRequest request, Completer<storage::ReadReply> answer) {
    read_with(std::move(answer), [request](Database& database, Instant) { return sqlite::read(database, request); });
  }
  void write(storage::WriteRequest request, Completer<storage::WriteReply> answer) {
    write_with(std::move(answer), std::move(request), &sqlite::write);
  }
  void append(storage::AppendRequest request, Completer<storage::AppendReply> answer) {
    write_with(std::move(answer), std::move(request), &sqlite::append);
  }
  void lease(storage::LeaseRequest request, Completer<storage::LeaseReply> answer) {
    write_with(std::move(answer), std::move(request), &sqlite::lease);
  }

  backup::DescribeReply describe(const Empty&) { return sqlite::describe(database()); }
  backup::ExportReply export_rows(const backup::ExportRequest& request) {
    expect(backup::Purpose::look);
    return outlet_.page(request);
  }
  backup::ImportReply import_rows(const backup::ImportRequest& request) {
    expect(backup::Purpose::fill);
    return inlet_.page(request);
  }

 private:
  void expect(backup::Purpose purpose) const {
    if (settings().purpose != purpose) throw store::not_for(settings().purpose);
  }
  [[nodiscard]] DatabaseSettings database() const {
    return {.path = settings().path, .busy_timeout = settings().busy_timeout};
  }
  StoreSettings store_settings() {
    const auto limit = static_cast<std::size_t>(settings().queue_limit);
    return {
        .database = database(), .queue = {.jobs = limit}, .report = [this](const Status& status) { report(status); }};
  }
  void report(const Status& status) {
    if (status.ok()) return host().log(LogLevel::info, "database \"" + settings().path + "\" can be written again");
    host().log(LogLevel::error, status.message, {{"code", std::string(name_of(status.code))}});
  }
  template <class Answer, class Work>
  void read_with(Answer answer, Work work) {
    if (!store_) return answer(store::not_for(settings().purpose).status());
    store_->read(make_job(std::move(work), std::move(answer)));
  }
  template <class Reply, class Request>
  void write_with(Completer<Reply> answer, Request request, Reply (*apply)(Database&, const Request&, Instant)) {
    if (!store_) return answer(store::not_for(settings().purpose).status());
    const std::size_t bytes = store::size_of(request);
    auto work = [request = std::move(request), apply](Database& database, Instant now) {
      return apply(database, request, now);
    };
    store_->write(make_job(std::move(work), std::move(answer), bytes));
  }

  std::unique_ptr<Store> store_;
  store::Outlet outlet_{[this] { return open_rows(database()); }};
  store::Inlet inlet_{[this] { return open_for_rows(database(), {system_time().wall_ns()}); }};
};

plugin::HealthReply SqliteStorage::health() {
  if (!store_) return {};
  const WriterHealth writer = store_->health();
  const auto condition = writer.fault.ok() ? plugin::Condition::healthy : plugin::Condition::degraded;
  const std::string detail = writer.fault.ok() ? std::to_string(writer.waiting) + " writes wait" : writer.fault.message;
  return {condition, {{"database", condition, detail}}};
}

}  // namespace
}  // namespace slipway::sqlite

SLIPWAY_PLUGIN(slipway::sqlite::SqliteStorage)
