#include "host/telemetry/log_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <slipway/json.hpp>

namespace slipway::telemetry {
namespace {

constexpr std::string_view kRedacted = "[redacted]";

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

// fencing_token and the like count things and are no secrets, so the whole name decides, not a part of it.
bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames{"authorization", "proxy-authorization", "cookie",  "set-cookie",
                                                    "password",      "passphrase",          "secret",  "client_secret",
                                                    "token",         "access_token",        "api_key", "private_key"};
  return std::ranges::find(kNames, lower(name)) != kNames.end();
}

std::string without_credentials(std::string_view text) {
  constexpr std::string_view kScheme = "bearer ";
  std::string result(text);
  std::string plain = lower(text);
  for (std::size_t at = plain.find(kScheme); at != plain.npos; at = plain.find(kScheme, at)) {
    at += kScheme.size();
    const std::size_t end = std::min(plain.find_first_of(" \t\r\n,;\"'", at), plain.size());
    result.replace(at, end - at, kRedacted);
    plain.replace(at, end - at, kRedacted);
  }
  return result;
}

std::string cut(std::string_view text) {
  if (text.size() <= kLongestLogText) return std::string(text);
  std::size_t end = kLongestLogText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string json_string(std::string_view text) { return to_text(Json(std::string(text))); }

// Control characters become escapes, so that a message cannot forge a second line.
std::string one_line(std::string_view text) {
  const std::string safe = json_string(text);
  if (text.find_first_of("\"\\") == text.npos) return safe.substr(1, safe.size() - 2);
  std::string result;
  for (std::size_t i = 1; i + 1 < safe.size(); ++i) {
    const bool escaped_plain = safe[i] == '\\' && (safe[i + 1] == '"' || safe[i + 1] == '\\');
    result += escaped_plain ? safe[++i] : safe[i];
  }
  return result;
}

bool needs_quotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f || static_cast<unsigned char>(c) > 0x7f;
         });
}

std::string render_text(LogFormat format, std::string_view raw) {
  const std::string text = cut(without_credentials(raw));
  return format == LogFormat::json || needs_quotes(text) ? json_string(text) : text;
}

std::string render_number(double number) {
  return std::isfinite(number) ? to_text(Json(number)) : json_string(std::to_string(number));
}

std::string_view capitals(Level level) {
  switch (level) {
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO ";
    case Level::warn:
      return "WARN ";
    default:
      return "ERROR";
  }
}

}  // namespace

std::string render_value(LogFormat format, const Field& field) {
  if (names_a_secret(field.name)) return render_text(format, kRedacted);
  struct Render {
    LogFormat format;
    std::string operator()(std::string_view text) const { return render_text(format, text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(std::uint64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return render_number(number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  };
  return std::visit(Render{format}, field.value);
}

std::string field_name(std::string_view name) {
  const bool own = name == "time" || name == "level" || name == "message";
  return own ? "field_" + std::string(name) : std::string(name);
}

LineBuilder::LineBuilder(LogFormat format, Instant time, Level level, std::string_view message) : format_(format) {
  const std::string text = cut(without_credentials(message));
  if (format == LogFormat::json) {
    line_ = "{\"time\":\"" + to_string(time) + "\",\"level\":\"" + std::string(name_of(level)) +
            "\",\"message\":" + json_string(text);
  } else {
    line_ = to_string(time) + " " + std::string(capitals(level)) + " " + one_line(text);
  }
}

void LineBuilder::add(std::string_view name, std::string_view rendered) {
  if (format_ == LogFormat::json) {
    line_ += "," + json_string(name) + ":";
  } else {
    line_ += " " + one_line(name) + "=";
  }
  line_ += rendered;
}

std::string LineBuilder::finish() && {
  if (format_ == LogFormat::json) line_ += '}';
  return std::move(line_);
}

}  // namespace slipway::telemetry
