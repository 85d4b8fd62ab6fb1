// One connection to the server. It belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <slipway/values.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/storage/postgres/faults.hpp"
#include "plugins/storage/postgres/target.hpp"
#include "plugins/storage/postgres/text.hpp"

namespace slipway::postgres {

// What a statement answered. Rows and columns count from 0; names and values are as they were before to_stored.
class Rows {
 public:
  struct Answer;
  explicit Rows(std::shared_ptr<const Answer> answer) : answer_(std::move(answer)) {}
  [[nodiscard]] std::size_t size() const;
  // How many rows an INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::size_t changed() const;
  [[nodiscard]] std::string text(std::size_t row, int column) const;
  [[nodiscard]] std::int64_t integer(std::size_t row, int column) const;
  [[nodiscard]] bool yes(std::size_t row, int column) const;

 private:
  std::shared_ptr<const Answer> answer_;
};

// A parameter of a statement.
class Value {
 public:
  Value(std::string_view text) : text_(to_stored(text)) {}
  Value(const std::string& text) : text_(to_stored(text)) {}
  Value(const char* text) : text_(to_stored(text)) {}
  Value(std::int64_t number) : text_(std::to_string(number)) {}
  Value(const std::vector<std::string>& texts) : text_(to_stored(array_of(texts))) {}
  Value(const std::vector<std::int64_t>& numbers) : text_(array_of(numbers)) {}
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A statement that the server neither answers nor ends within its limit, and a little more, costs the connection: its
// process may be stopped, or the network cut.
class Connection {
 public:
  // Connects to the first of the hosts that takes writes and has the newest history that is known, or, when none is
  // known yet, to the one with the newest of all: a primary that has been replaced and comes back gets no connection.
  // Throws Fault.
  explicit Connection(const Target& target);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Runs a statement whose `sql` is a literal: it is prepared once and known by its address. Throws Fault.
  Rows query(const char* sql, std::initializer_list<Value> values = {});
  // Runs statements without parameters. Throws Fault.
  Rows execute(const std::string& sql);
  // Lets "name = value" hold for the session; asks nothing when that was the last that was set. Throws Fault.
  void set(const std::string& setting);

  [[nodiscard]] std::string quoted(const std::string& text);
  // From now on statements may take as long; the server's own limit is not changed.
  void wait_for(Duration limit);
  [[nodiscard]] bool open() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  // Which of the target's servers it is.
  [[nodiscard]] const std::string& server() const { return server_; }

 private:
  struct Parts;
  std::int64_t connect(const std::string& server, const Target& target);
  template <class Run>
  Rows guarded(Run run);
  template <class Run>
  Rows translated(Run run);

  std::string name_;
  std::string server_;
  std::string set_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace slipway::postgres
