// Structured log records, as text for people or JSON for machines, one line each.
//
// A Log is a cheap handle; copies share one destination and one level. Everything here is safe from any thread.
// Secrets have no place in a record: a field whose name says secret (password, token, authorization, …) is written as
// "[redacted]", and so is what follows "Bearer " in any text.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/base/clock.hpp"

namespace slipway::telemetry {

enum class Level : std::uint8_t { debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };

// "debug" and so on, as in the configuration.
std::string_view name_of(Level level);

// A name and a value, alive only until the statement ends.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view n, std::string_view text) : name(n), value(text) {}
  Field(std::string_view n, const std::string& text) : name(n), value(std::string_view(text)) {}
  Field(std::string_view n, const char* text) : name(n), value(std::string_view(text)) {}
  Field(std::string_view n, std::same_as<bool> auto flag) : name(n), value(flag) {}
  Field(std::string_view n, std::floating_point auto number) : name(n), value(static_cast<double>(number)) {}
  Field(std::string_view n, std::signed_integral auto number) : name(n), value(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Field(std::string_view n, T number)
      : name(n), value(static_cast<std::uint64_t>(number)) {}

  std::string_view name;
  Value value;
};
using Fields = std::initializer_list<Field>;

struct LogSettings {
  LogFormat format = LogFormat::text;
  Level level = Level::info;
  std::string file{};  // empty: standard error
};

class Log {
 public:
  // UNAVAILABLE with the path and the reason when the file cannot be opened. The clock outlives every copy.
  static Result<Log> open(const LogSettings& settings, const base::Clock& clock);
  // Each finished line goes to the function, one call at a time; for tests and for buffers.
  static Log to(std::function<void(std::string_view line)> sink, const LogSettings& settings, const base::Clock& clock);
  // Writes nothing.
  static Log none();

  // A handle whose every record carries these fields too, for instance request_id and trace_id. A field given again,
  // here or at a call, replaces the one of that name.
  [[nodiscard]] Log with(Fields fields) const;

  void debug(std::string_view message, Fields fields = {}) const { write(Level::debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) const { write(Level::info, message, fields); }
  void warn(std::string_view message, Fields fields = {}) const { write(Level::warn, message, fields); }
  void error(std::string_view message, Fields fields = {}) const { write(Level::error, message, fields); }
  void write(Level level, std::string_view message, Fields fields = {}) const;
  // The same for fields collected at run time.
  void write(Level level, std::string_view message, const std::vector<Field>& fields) const;

  [[nodiscard]] bool enabled(Level level) const;
  // For every copy, from the next record on.
  void set_level(Level level) const;
  // For every copy: writes to this file (empty: standard error) from now on, and opens it by its name also when it is
  // the same as before, as after a rotation. One that can't be opened changes nothing.
  [[nodiscard]] Status reopen(const std::string& file) const;

 private:
  class Core;
  // Names with their rendered values.
  using Bound = std::vector<std::pair<std::string, std::string>>;

  Log(std::shared_ptr<Core> core, Bound bound) : core_(std::move(core)), bound_(std::move(bound)) {}
  void write(Level level, std::string_view message, const Field* begin, const Field* end) const;

  std::shared_ptr<Core> core_;
  Bound bound_;
};

}  // namespace slipway::telemetry
