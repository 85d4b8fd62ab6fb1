#include "plugins/storage/postgres/connection.hpp"

#include <pqxx/pqxx>
#include <unordered_map>

namespace slipway::postgres {
namespace {

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
  explicit Parts(const std::string& options) : connection(options) { stay_lost(connection); }
  pqxx::connection connection;
  std::unique_ptr<pqxx::nontransaction> session;
  std::unordered_map<const char*, std::string> statements;
};

template <class Run>
Rows Connection::guarded(Run run) {
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
  try {
    parts_ = std::make_unique<Parts>(target.connection);
    parts_->session = std::make_unique<pqxx::nontransaction>(parts_->connection);
  } catch (const std::exception& error) {
    throw lost(name_, error.what());
  }
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

std::string Connection::quoted(const std::string& text) { return parts_->connection.quote(to_stored(text)); }

bool Connection::open() const { return parts_->connection.is_open(); }

}  // namespace slipway::postgres
