// Recorded metrics: what each group did, window by window. Plain values.
//
// CSV: a header, then a line for each window and group. "time" is the window's begin (RFC 3339, or seconds since 1970),
// "group" its role; every other column is a value by its name, or "latency<=100000": the observations of the
// distribution latency above the bound before and up to this one ("latency<=inf": the rest). "weight" in the rows of
// the group "next" is its part of both groups' traffic, as a percentage. An empty cell is no value. JSON: a list of
// {"time", "role", "weight", "values", "histograms"}.
#pragma once

#include <slipway/interfaces/metrics.hpp>
#include <slipway/settings.hpp>

namespace slipway::backtest {

struct Row {
  Instant time;
  metrics::GroupSamples samples;
  std::optional<Share> weight = {};
  std::string place = {};  // for messages: the line or the entry
};

// Windows of one length without gaps; one that was not recorded has no groups.
struct Window {
  Instant from;
  std::vector<metrics::GroupSamples> groups;
  // Of the traffic of both groups, the part of "next" during the whole window; absent where that is not known.
  std::optional<Share> weight = {};
};
struct Recording {
  Duration interval;
  std::vector<Window> windows;
  std::vector<std::string> warnings = {};  // of the source, each sentence once; the last may count those left out
};

// `name` is for messages. INVALID_ARGUMENT names the line or the entry.
Result<std::vector<Row>> rows_of_csv(const std::string& text, const std::string& name);
Result<std::vector<Row>> rows_of_json(const std::string& text, const std::string& name);

// INVALID_ARGUMENT for fewer than two windows and for too many.
Status check_windows(std::int64_t count, Duration interval);

// Rows from `from` to before `to`, in any order. The smallest distance between two times is the windows' length.
// INVALID_ARGUMENT for two rows of one group and time: nobody knows which of them is right.
Result<Recording> recording_of(std::vector<Row> rows, std::optional<Instant> from, std::optional<Instant> to);

}  // namespace slipway::backtest
