#include "plugins/storage/postgres/connection.hpp"

#include <cstdlib>
#include <pqxx/pqxx>
#include <unordered_map>

namespace slipway::postgres {
namespace {

constexpr Duration kGrace = seconds(2);

// The server ends what takes longer than the statement's limit; one that doesn't is waited for a little longer.
Duration limit_of(const Timeouts& timeouts) {
  return timeouts.statement.ns == 0 ? Duration{} : timeouts.statement + kGrace;
}

// Otherwise libpqxx would replace a lost connection by itself, in the middle of a transaction.
void stay_lost(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

// libpqxx tells these by their type alone.
std::string state_of(const pqxx::sql_error& error) {
  if (dynamic_cast<const pqxx::disk_full*>(&error) != nullptr) return "53100";
  if (dynamic_cast<const pqxx::insufficient_resources*>(&error) != nullptr) return "53000";
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) return "42501";
  return error.sqlstate();
}

}  // namespace

struct Rows::Answer {
  pqxx::result result;
};

std::size_t Rows::size() const { return static_cast<std::size_t>(answer_->result.size()); }
std::size_t Rows::changed() const { return static_cast<std::size_t>(answer_->result.affected_rows()); }

std::string Rows::text(std::size_t row, int column) const {
  const auto field = answer_->result.at(static_cast<pqxx::result_size_type>(row)).at(column);
  return from_stored({field.c_str(), field.size()});
}

std::int64_t Rows::integer(std::size_t row, int column) const {
  return answer_->result.at(static_cast<pqxx::result_size_type>(row)).at(column).as<std::int64_t>(0);
}

bool Rows::yes(std::size_t row, int column) const {
  return answer_->result.at(static_cast<pqxx::result_size_type>(row)).at(column).as<bool>(false);
}

struct Connection::Parts {
  Parts(const std::string& options, std::shared_ptr<Watchdog> dog, Duration longest)
      : watchdog(std::move(dog)), limit(longest), connection(options) {
    stay_lost(connection);
    session = std::make_unique<pqxx::nontransaction>(connection);
  }
  std::shared_ptr<Watchdog> watchdog;
  Duration limit;
  pqxx::connection connection;
  std::unique_ptr<pqxx::nontransaction> session;
  std::unordered_map<const char*, std::string> statements;
};

template <class Run>
Rows Connection::guarded(Run run) {
  if (parts_->limit.ns == 0) return translated(run);
  const Watchdog::Watch watch(*parts_->watchdog, parts_->connection.sock(), parts_->limit);
  try {
    return translated(run);
  } catch (const Fault&) {
    if (watch.late()) throw lost(name_, "no answer within " + to_string(parts_->limit));
    throw;
  }
}

template <class Run>
Rows Connection::translated(Run run) {
  try {
    return Rows(std::make_shared<const Rows::Answer>(Rows::Answer{run()}));
  } catch (const pqxx::broken_connection& error) {
    throw lost(name_, error.what());
  } catch (const pqxx::deadlock_detected& error) {
    throw fault_of(name_, "40P01", error.what());
  } catch (const pqxx::transaction_rollback& error) {
    throw fault_of(name_, "40001", error.what());
  } catch (const pqxx::sql_error& error) {
    if (!open()) throw lost(name_, error.what());
    throw fault_of(name_, state_of(error), error.what());
  } catch (const std::exception& error) {
    if (!open()) throw lost(name_, error.what());
    throw Fault(Remedy::none, {Code::internal, name_ + ": " + error.what()});
  }
}

Connection::Connection(const Target& target) : name_(target.name) {
  const std::int64_t known = target.newest->load();
  std::int64_t newest = known;
  std::unique_ptr<Parts> best;
  std::string said;
  for (const std::string& server : target.servers) {
    try {
      const std::int64_t timeline = connect(server, target);
      if (timeline < newest) {
        said = "the server was replaced by another: its timeline is " + std::to_string(timeline) +
               ", and there is one with " + std::to_string(newest);
        continue;
      }
      newest = timeline;
      best = std::move(parts_);
      server_ = server;
      if (known != 0) break;
    } catch (const Fault& fault) {
      said = fault.status().message;
    } catch (const std::exception& error) {
      said = error.what();
    }
  }
  if (!best) throw lost(name_, said);
  parts_ = std::move(best);
  if (!keep_newest(*target.newest, newest)) throw lost(name_, "the server was replaced by another at this moment");
}

// Answers the server's timeline: the first eight digits of the name of a log file (PostgreSQL 15, section 30.6).
std::int64_t Connection::connect(const std::string& server, const Target& target) {
  parts_ = std::make_unique<Parts>(server, target.watchdog, limit_of(target.timeouts));
  const std::string file = execute("SELECT pg_walfile_name(pg_current_wal_lsn())").text(0, 0);
  return std::strtoll(file.substr(0, 8).c_str(), nullptr, 16);
}

Connection::~Connection() = default;

Rows Connection::query(const char* sql, std::initializer_list<Value> values) {
  return guarded([&] {
    auto& name = parts_->statements[sql];
    if (name.empty()) {
      const std::string fresh = "s" + std::to_string(parts_->statements.size());
      parts_->connection.prepare(fresh, sql);
      name = fresh;
    }
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const Value& value : values) texts.push_back(value.text());
    return parts_->session->exec_prepared(name, pqxx::prepare::make_dynamic_params(texts));
  });
}

Rows Connection::execute(const std::string& sql) {
  return guarded([&] { return parts_->session->exec(sql); });
}

void Connection::set(const std::string& setting) {
  if (setting == set_) return;
  set_.clear();
  execute("SET " + setting);
  set_ = setting;
}

std::string Connection::quoted(const std::string& text) { return parts_->connection.quote(to_stored(text)); }

void Connection::wait_for(Duration limit) { parts_->limit = limit + kGrace; }

bool Connection::open() const { return parts_->connection.is_open(); }

}  // namespace slipway::postgres
