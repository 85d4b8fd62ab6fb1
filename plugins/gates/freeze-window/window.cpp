#include "plugins/gates/freeze-window/window.hpp"

#include <algorithm>

namespace slipway::freeze_window {
namespace {

constexpr Duration kDay = seconds(24 * 3600);

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

std::int64_t floor_days(Instant local) { return local.ns / kDay.ns - (local.ns % kDay.ns < 0 ? 1 : 0); }

// 1970-01-01 was a Thursday.
Day day_of(std::int64_t days) { return static_cast<Day>(((days + 4) % 7 + 7) % 7); }

// The occurrences that begin on one of the eight days around the moment: the day before it to a week after it.
std::vector<Interval> occurrences(const Weekly& weekly, Instant now) {
  std::vector<Interval> list;
  const std::int64_t today = floor_days(now + weekly.utc_offset);
  const Duration length = weekly.to > weekly.from ? weekly.to - weekly.from : weekly.to + kDay - weekly.from;
  for (std::int64_t day = today - 1; day <= today + 7; ++day) {
    if (weekly.days.empty() || !holds(weekly.days, day_of(day))) continue;
    const Instant from = Instant{day * kDay.ns} + weekly.from - weekly.utc_offset;
    list.push_back({from, from + length});
  }
  return list;
}

std::vector<Interval> occurrences(const Window& window, Instant now) {
  if (const auto* once = std::get_if<Interval>(&window.when)) return {*once};
  return occurrences(std::get<Weekly>(window.when), now);
}

}  // namespace

bool applies(const Window& window, const gate::CheckRequest& request) {
  return holds(window.actions, request.action) && holds(window.applications, request.application) &&
         holds(window.tenants, request.tenant);
}

std::optional<Interval> occurrence_at(const Window& window, Instant now) {
  std::optional<Interval> found;
  for (const Interval& one : occurrences(window, now)) {
    if (one.from <= now && now < one.to && (!found || one.to > found->to)) found = one;
  }
  return found;
}

std::optional<Instant> next_begin(const Window& window, Instant now) {
  std::optional<Instant> found;
  for (const Interval& one : occurrences(window, now)) {
    if (one.from > now && (!found || one.from < *found)) found = one.from;
  }
  return found;
}

}  // namespace slipway::freeze_window
