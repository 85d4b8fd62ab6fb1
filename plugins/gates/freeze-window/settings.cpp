#include "plugins/gates/freeze-window/settings.hpp"

#include <utility>

namespace slipway::freeze_window {
namespace {

// "HH:MM" as nanoseconds.
std::optional<Duration> time_of_day(std::string_view text) {
  const int hour = slipway::detail::take_digits(text, 2);
  if (hour < 0 || hour > 23 || !slipway::detail::take(text, ':')) return std::nullopt;
  const int minute = slipway::detail::take_digits(text, 2);
  if (minute < 0 || minute > 59 || !text.empty()) return std::nullopt;
  return seconds(hour * 3600 + minute * 60);
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
