#include "plugins/gates/freeze-window/settings.hpp"

#include <charconv>
#include <utility>

namespace slipway::freeze_window {
namespace {

// Two digits below `limit`.
std::optional<int> two_digits(std::string_view text, int limit) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = text.size() == 2 && text[0] != '-' && error == std::errc{} && end == text.data() + 2;
  return is_number && value < limit ? std::optional(value) : std::nullopt;
}

// "HH:MM"
std::optional<Duration> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = two_digits(text.substr(0, 2), 24);
  const auto minute = two_digits(text.substr(3), 60);
  if (!hour || !minute) return std::nullopt;
  return seconds(*hour * 3600 + *minute * 60);
}

std::optional<Duration> offset(std::string_view text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const auto size = time_of_day(text.substr(1));
  if (!size) return std::nullopt;
  return text.front() == '-' ? Duration{-size->ns} : *size;
}

Duration need(Reader& in, const char* name, const std::string& text, std::optional<Duration> read, const char* want) {
  if (read) return *read;
  const Json value = text;
  in.inside(name, [&] { in.fault(&value, want); });
  return {};
}

Weekly weekly(Reader& in, const WindowSettings& from) {
  Weekly result{.days = from.days};
  result.from = need(in, "from_time", from.from_time, time_of_day(from.from_time), "want a time of day like \"22:30\"");
  result.to = need(in, "to_time", from.to_time, time_of_day(from.to_time), "want a time of day like \"22:30\"");
  result.utc_offset =
      need(in, "utc_offset", from.utc_offset, offset(from.utc_offset), "want an offset like \"+02:00\"");
  return result;
}

std::variant<Interval, Weekly> when(Reader& in, const WindowSettings& from) {
  const bool once = from.from || from.to;
  if (once != from.days.empty()) {
    in.fault(nullptr, "want either from and to for a one-off window, or days for a weekly one");
    return Interval{};
  }
  if (!once) return weekly(in, from);
  if (!from.from || !from.to || *from.from >= *from.to) {
    in.fault(nullptr, "want both from and to, and to after from");
    return Interval{};
  }
  return Interval{*from.from, *from.to};
}

}  // namespace

Result<std::vector<Window>> read_windows(const Settings& settings) {
  Reader in;
  std::vector<Window> windows;
  in.inside("windows", [&] {
    for (const WindowSettings& from : settings.windows) {
      in.inside(std::to_string(windows.size()), [&] {
        windows.push_back({from.kind, from.reason, when(in, from), from.actions, from.applications, from.tenants});
      });
    }
  });
  if (in.problems().empty()) return windows;
  return Status(Code::invalid_argument, "the windows are not valid", std::move(in.problems()));
}

Result<Settings> overlaid(const Settings& configured, const Json& rollout) {
  if (rollout.is_null() || (rollout.is_object() && rollout.empty())) return configured;
  Json together = encode(configured);
  if (rollout.is_object()) {
    together.update(rollout);
  } else {
    together = rollout;
  }
  return decode<Settings>(together, "the rollout's settings of the gate", Unknown::refused);
}

}  // namespace slipway::freeze_window
