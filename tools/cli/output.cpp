#include "tools/cli/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <slipway/values.hpp>

#include "tools/cli/documents.hpp"

namespace slipway::cli {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = std::min(text.find('m', i), text.size());
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++width;
    }
  }
  return width;
}

std::string fitted_line(std::string_view line, std::size_t columns) {
  if (shown_width(line) <= columns) return std::string(line);
  std::size_t end = 0;
  for (std::size_t width = 0; end < line.size();) {
    const bool colour = line[end] == '\x1b';
    if (!colour && ++width == columns) break;  // here comes the mark instead
    std::size_t next = colour ? std::min(line.find('m', end), line.size() - 1) + 1 : end + 1;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xC0U) == 0x80U) ++next;
    end = next;
  }
  const std::string_view kept = line.substr(0, end);
  return std::string(kept) + "…" + (kept.find('\x1b') == kept.npos ? "" : "\x1b[0m");
}

// Quoted where a reader would take it for something else than a text, or lose a part of it.
void emit(YAML::Emitter& out, const std::string& text) {
  const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control || !reads_as_text(text)) out << YAML::DoubleQuoted;
  out << text;
}

void emit(YAML::Emitter& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      out << YAML::BeginMap;
      for (const auto& [key, member] : value.items()) {
        out << YAML::Key;
        emit(out, key);
        out << YAML::Value;
        emit(out, member);
      }
      out << YAML::EndMap;
      break;
    case Json::value_t::array:
      out << YAML::BeginSeq;
      for (const Json& item : value) emit(out, item);
      out << YAML::EndSeq;
      break;
    case Json::value_t::string:
      emit(out, value.get_ref<const std::string&>());
      break;
    case Json::value_t::null:
      out << YAML::Null;
      break;
    default:
      out << value.dump();
  }
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;

// Durations below `below` are told to the nearest `step`.
struct Precision {
  std::int64_t below;
  std::int64_t step;
};
constexpr std::array<Precision, 5> kPrecisions{{{kMillisecond, 1'000},
                                                {kSecond, kMillisecond},
                                                {10 * kSecond, 100 * kMillisecond},
                                                {kHour, kSecond},
                                                {48 * kHour, kMinute}}};

std::int64_t rounded(std::int64_t ns) {
  for (const auto& [below, step] : kPrecisions) {
    const std::int64_t nearest = (ns + step / 2) / step * step;
    if (nearest < below) return nearest;
  }
  return (ns + kHour / 2) / kHour * kHour;
}

}  // namespace

Terminal::Terminal() : interactive_(isatty(STDOUT_FILENO) == 1) {
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  if (dumb) interactive_ = false;
  colours_ = interactive_ && !is_set("NO_COLOR");
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
  if (!colours_ || colour == Colour::none) return std::string(text);
  constexpr std::string_view kCodes[] = {"", "31", "32", "33", "34", "90"};
  return "\x1b[" + std::string(kCodes[static_cast<std::size_t>(colour)]) + "m" + std::string(text) + "\x1b[0m";
}

Size Terminal::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
    return {.columns = size.ws_col, .rows = size.ws_row};
  return {.columns = 80, .rows = 24};
}

std::string fitted(std::string_view text, Size size) {
  std::string shown;
  // The last row stays free: the cursor stands in it.
  for (std::size_t row = 1; row < size.rows && !text.empty(); ++row) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    shown += fitted_line(text.substr(0, end), size.columns) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return shown;
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(header.size());
  const auto measure = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown_width(row[i]));
  };
  measure(header);
  for (const auto& row : rows) measure(row);
  std::string text;
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - shown_width(row[i]) + 2, ' ');
    }
    text += line + "\n";
  };
  print(header);
  for (const auto& row : rows) print(row);
  return text;
}

std::string to_yaml(const Json& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

void print(Format format, const Json& value, const std::function<std::string()>& text) {
  switch (format) {
    case Format::table:
      std::cout << text();
      break;
    case Format::json:
      std::cout << to_pretty_json(value);
      break;
    case Format::yaml:
      std::cout << to_yaml(value);
      break;
  }
}

std::string to_pretty_json(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string share(const Json& ppm) { return ppm.is_number_integer() ? share_to_string(ppm.get<std::uint32_t>()) : "-"; }

std::string ready_text(const Json& group) {
  const Json ready = group.value("ready", Json());
  return (ready.is_number_integer() ? std::to_string(ready.get<std::int64_t>()) : "-") + "/" +
         std::to_string(group.value("replicas", 0));
}

std::string brief(Duration duration) {
  if (duration.ns < 0) return "-" + brief(Duration{-duration.ns});
  const std::int64_t ns = rounded(duration.ns);
  const std::int64_t tenths = ns % kSecond / (100 * kMillisecond);
  if (ns > kSecond && ns < 10 * kSecond && tenths > 0)
    return std::to_string(ns / kSecond) + "." + std::to_string(tenths) + "s";
  if (ns < 48 * kHour) return to_string(Duration{ns});
  const std::int64_t hours = ns / kHour % 24;
  return std::to_string(ns / (24 * kHour)) + "d" + (hours == 0 ? "" : std::to_string(hours) + "h");
}

std::string brief(const std::string& duration) {
  const auto parsed = parse_duration(duration);
  return parsed.ok() ? brief(*parsed) : duration;
}

std::string age(const std::string& moment) {
  const auto at = parse_instant(moment);
  if (!at.ok()) return moment;
  return brief(Duration{std::max<std::int64_t>(0, now_ns() - at->ns) / kSecond * kSecond}) + " ago";
}

std::string time_left(const Json& moment) {
  if (!moment.is_string()) return "";
  const auto at = parse_instant(moment.get<std::string>());
  if (!at.ok() || at->ns <= now_ns()) return "";
  return "in " + brief(Duration{(at->ns - now_ns() + kSecond - 1) / kSecond * kSecond});
}

Colour colour_of_state(std::string_view state) {
  if (state == "succeeded" || state == "active" || state == "pass" || state == "passed" || state == "healthy" ||
      state == "open" || state == "serving")
    return Colour::green;
  if (state == "failed" || state == "rolled_back" || state == "fail" || state == "error" || state == "unhealthy" ||
      state == "closed" || state == "silent")
    return Colour::red;
  if (state == "paused" || state == "rolling_back" || state == "degraded" || state == "inconclusive" ||
      state == "held" || state == "draining")
    return Colour::yellow;
  if (state == "progressing" || state == "verifying" || state == "pending") return Colour::blue;
  return Colour::grey;
}

}  // namespace slipway::cli
