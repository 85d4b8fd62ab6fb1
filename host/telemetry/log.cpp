#include "host/telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "host/telemetry/log_line.hpp"

namespace slipway::telemetry {
namespace {

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> put) : put_(std::move(put)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& record) override {
    put_({record.payload.data(), record.payload.size()});
  }
  void flush_() override {}

  std::function<void(std::string_view)> put_;
};

Result<spdlog::sink_ptr> open_sink(const std::string& file) {
  if (file.empty()) return spdlog::sink_ptr(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  try {
    return spdlog::sink_ptr(std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
  } catch (const spdlog::spdlog_ex& error) {
    return Status(Code::unavailable, "log file " + file + ": " + error.what());
  }
}

}  // namespace

class Log::Core {
 public:
  Core(const LogSettings& settings, const base::Clock* clock, spdlog::sink_ptr sink,
       std::optional<std::string> file = std::nullopt)
      : format_(settings.format),
        clock_(clock),
        level_(settings.level),
        file_(std::move(file)),
        sinks_(std::make_shared<spdlog::sinks::dist_sink_mt>()),
        logger_("slipway", sinks_) {
    if (sink) sinks_->add_sink(std::move(sink));
    logger_.set_level(spdlog::level::trace);
    logger_.flush_on(spdlog::level::trace);
    logger_.set_formatter(plain());
  }

  [[nodiscard]] LogFormat format() const { return format_; }
  [[nodiscard]] Instant now() const { return clock_->now(); }
  [[nodiscard]] bool enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(Level level) { level_ = clock_ == nullptr ? Level::off : level; }
  void put(const std::string& line) {
    logger_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  Status reopen(const std::string& file) {
    const std::lock_guard lock(mutex_);
    if (!file_ || (file.empty() && file_->empty())) return {};
    auto sink = open_sink(file);
    if (!sink) return sink.status();
    file_ = file;
    (*sink)->set_formatter(plain());
    sinks_->set_sinks({*sink});
    return {};
  }

 private:
  static std::unique_ptr<spdlog::formatter> plain() {
    return std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n");
  }

  const LogFormat format_;
  const base::Clock* clock_;
  std::atomic<Level> level_;
  std::mutex mutex_;
  std::optional<std::string> file_;  // none: a sink that is no file
  std::shared_ptr<spdlog::sinks::dist_sink_mt> sinks_;
  spdlog::logger logger_;
};

std::string_view name_of(Level level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warn", "error", "off"};
  return kNames[static_cast<std::size_t>(level)];
}

Result<Log> Log::open(const LogSettings& settings, const base::Clock& clock) {
  auto sink = open_sink(settings.file);
  if (!sink) return sink.status();
  return Log(std::make_shared<Core>(settings, &clock, *sink, settings.file), {});
}

Log Log::to(std::function<void(std::string_view)> sink, const LogSettings& settings, const base::Clock& clock) {
  return {std::make_shared<Core>(settings, &clock, std::make_shared<FunctionSink>(std::move(sink))), {}};
}

Log Log::none() { return {std::make_shared<Core>(LogSettings{.level = Level::off}, nullptr, nullptr), {}}; }

Log Log::with(Fields fields) const {
  Bound bound = bound_;
  for (const Field& field : fields) {
    std::string name = field_name(field.name);
    std::erase_if(bound, [&](const auto& entry) { return entry.first == name; });
    bound.emplace_back(std::move(name), render_value(core_->format(), field));
  }
  return {core_, std::move(bound)};
}

void Log::write(Level level, std::string_view message, Fields fields) const {
  write(level, message, fields.begin(), fields.end());
}

void Log::write(Level level, std::string_view message, const std::vector<Field>& fields) const {
  write(level, message, fields.data(), fields.data() + fields.size());
}

void Log::write(Level level, std::string_view message, const Field* begin, const Field* end) const {
  if (level == Level::off || !enabled(level)) return;
  LineBuilder line(core_->format(), core_->now(), level, message);
  for (const auto& [name, rendered] : bound_) {
    const bool given_again =
        std::any_of(begin, end, [&wanted = name](const Field& field) { return field_name(field.name) == wanted; });
    if (!given_again) line.add(name, rendered);
  }
  for (const Field* field = begin; field != end; ++field) {
    line.add(field_name(field->name), render_value(core_->format(), *field));
  }
  core_->put(std::move(line).finish());
}

bool Log::enabled(Level level) const { return core_->enabled(level); }
void Log::set_level(Level level) const { core_->set_level(level); }
Status Log::reopen(const std::string& file) const { return core_->reopen(file); }

}  // namespace slipway::telemetry
