// storage-postgres: slipway.storage/1 in a PostgreSQL database that many hosts share.
#include <slipway/plugin.hpp>

#include "plugins/storage/postgres/announcer.hpp"
#include "plugins/storage/postgres/backup.hpp"
#include "plugins/storage/postgres/store.hpp"

namespace slipway::postgres {
namespace {

// Event type that a store emits when another host has appended to a stream. It has no data, and one may get lost.
constexpr std::string_view kChanged = "storage.changed";

struct Settings {
  std::string connection;
  std::string owner_connection;
  std::int64_t connections = 4;
  std::int64_t queue_limit = 4096;
  Duration statement_timeout = seconds(5);
  Duration lock_timeout = seconds(2);
  Duration idle_in_transaction_timeout = seconds(5);
  backup::Purpose purpose = backup::Purpose::serve;
  static constexpr auto fields() {
    return slipway::fields(
        required("connection", &Settings::connection,
                 "libpq connection string of the role that the host works as, without a password in it.",
                 between(1, 4096)),
        field("owner_connection", &Settings::owner_connection,
              "The same for the role that owns the tables, which brings them up to date at the start; empty when that "
              "is done by hand.",
              at_most(4096)),
        field("connections", &Settings::connections,
              "Connections for reads, at most; one more writes, and one listens to other hosts.", between(1, 64)),
        field("queue_limit", &Settings::queue_limit, "Writes that may wait; more are refused.", between(1, 1'000'000)),
        field("statement_timeout", &Settings::statement_timeout, "The server ends a statement after it."),
        field("lock_timeout", &Settings::lock_timeout, "How long a statement waits for another transaction."),
        field("idle_in_transaction_timeout", &Settings::idle_in_transaction_timeout,
              "The server ends a transaction whose host has fallen silent after it."),
        field("purpose", &Settings::purpose, "Leave it out: `slipway storage` sets it for itself."));
  }
};

class PostgresStorage final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<storage::Interface, backup::Interface>;
  using Plugin::Plugin;

  void start() {
    if (settings().purpose != backup::Purpose::serve) return;
    StoreSettings store = store_settings();
    store.writer.appended = [this] { announcer_->announce(); };
    store_ = std::make_unique<Store>(store);
    announcer_ = std::make_unique<Announcer>(
        AnnouncerSettings{.target = store.target, .heard = [this] { host().emit_now(kChanged, Json::object()); }});
  }
  void stop() {
    if (store_) store_->stop();
    if (announcer_) announcer_->stop();
  }
  plugin::HealthReply health() {
    if (!store_) return {};
    const WriterHealth writer = store_->health();
    const auto sick = store_->reads_go_on() ? plugin::Condition::degraded : plugin::Condition::unhealthy;
    const auto condition = writer.fault.ok() ? plugin::Condition::healthy : sick;
    const std::string detail =
        writer.fault.ok() ? std::to_string(writer.waiting) + " writes wait" : writer.fault.message;
    return {condition, {{"database", condition, detail}}};
  }

  storage::GetReply get(const storage::GetRequest& request) { return store().read(request, &postgres::get); }
  storage::ScanReply scan(const storage::ScanRequest& request) { return store().read(request, &postgres::scan); }
  storage::ReadReply read(const storage::ReadRequest& request) { return store().read(request, &postgres::read); }
  void write(storage::WriteRequest request, Completer<storage::WriteReply> answer) {
    write_with(std::move(request), &store::write, std::move(answer));
  }
  void append(storage::AppendRequest request, Completer<storage::AppendReply> answer) {
    write_with(std::move(request), &store::append, std::move(answer));
  }
  void lease(storage::LeaseRequest request, Completer<storage::LeaseReply> answer) {
    write_with(std::move(request), &store::lease, std::move(answer));
  }

  backup::DescribeReply describe(const Empty&) { return postgres::describe(application(kBackupTimeouts)); }
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
  Store& store() {
    expect(backup::Purpose::serve);
    return *store_;
  }
  template <class Request, class Reply>
  void write_with(Request request, Reply (*rule)(store::Tables&, const Request&, Instant), Completer<Reply> answer) {
    if (!store_) return answer(store::not_for(settings().purpose).status());
    store_->write(std::move(request), rule, std::move(answer));
  }
  [[nodiscard]] Target application(const Timeouts& timeouts) const {
    return parse_target(settings().connection, "/connection", timeouts);
  }
  [[nodiscard]] std::optional<Target> owner(const Timeouts& timeouts) const {
    if (settings().owner_connection.empty()) return std::nullopt;
    return parse_target(settings().owner_connection, "/owner_connection", timeouts);
  }
  StoreSettings store_settings() {
    const Timeouts timeouts{settings().statement_timeout, settings().lock_timeout,
                            settings().idle_in_transaction_timeout};
    StoreSettings store{.target = application(timeouts),
                        .owner = owner(timeouts),
                        .connections = static_cast<std::size_t>(settings().connections),
                        .writer = {}};
    store.writer.queue.jobs = static_cast<std::size_t>(settings().queue_limit);
    store.writer.report = [this](const Status& status) { report(status); };
    return store;
  }
  void report(const Status& status) {
    if (status.ok()) return host().log(LogLevel::info, "the database can be written again");
    host().log(LogLevel::error, status.message, {{"code", std::string(name_of(status.code))}});
  }

  std::unique_ptr<Announcer> announcer_;
  std::unique_ptr<Store> store_;
  store::Outlet outlet_{[this] { return open_rows(application(kBackupTimeouts)); }};
  store::Inlet inlet_{[this] { return open_for_rows(application(kBackupTimeouts), owner(kBackupTimeouts)); }};
};

}  // namespace
}  // namespace slipway::postgres

SLIPWAY_PLUGIN(slipway::postgres::PostgresStorage)
