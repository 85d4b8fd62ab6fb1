// A window in time, once or every week. Plain values and pure functions.
#pragma once

#include <optional>
#include <slipway/interfaces/gate.hpp>
#include <string>
#include <variant>
#include <vector>

namespace slipway::freeze_window {

enum class Kind { freeze, maintenance };
enum class Day { sunday, monday, tuesday, wednesday, thursday, friday, saturday };

// From `from` up to, not including, `to`.
struct Interval {
  Instant from;
  Instant to;
  bool operator==(const Interval&) const = default;
};

// On each of `days`, from one time of day to another; when `to` is not after `from` it lies on the next day.
struct Weekly {
  std::vector<Day> days;
  Duration from;
  Duration to;
  Duration utc_offset;
};

struct Window {
  Kind kind = Kind::freeze;
  std::string reason;
  std::variant<Interval, Weekly> when;
  // What it applies to; an empty list is everything.
  std::vector<gate::Action> actions;
  std::vector<std::string> applications;
  std::vector<std::string> tenants;
};

bool applies(const Window& window, const gate::CheckRequest& request);

// The occurrence that holds the moment; of several the one that ends last.
std::optional<Interval> occurrence_at(const Window& window, Instant now);

// When it begins next, after the moment.
std::optional<Instant> next_begin(const Window& window, Instant now);

}  // namespace slipway::freeze_window
