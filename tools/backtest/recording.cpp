#include "tools/backtest/recording.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

namespace slipway::backtest {
namespace {

constexpr std::int64_t kMostWindows = 200'000;
constexpr double kMost = 9e15;  // doubles count exactly up to there

Status refuse(const std::string& where, const std::string& why) { return {Code::invalid_argument, where + ": " + why}; }

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && stop == text.data() + text.size();
  return whole && std::abs(value) < kMost ? std::optional(value) : std::nullopt;
}

Result<Instant> time_in(const std::string& text) {
  if (const auto seconds = number_in(text); seconds && std::abs(*seconds) < 9e9)
    return Instant{std::llround(*seconds * 1e3) * 1'000'000};
  return parse_instant(text);
}

std::vector<std::string> cells_of(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> cells;
  std::size_t begin = 0;
  for (std::size_t comma = line.find(','); comma != line.npos; comma = line.find(',', begin)) {
    cells.push_back(line.substr(begin, comma - begin));
    begin = comma + 1;
  }
  cells.push_back(line.substr(begin));
  return cells;
}

// One cell into the samples: a value, or a bucket where the column says so.
Status take(metrics::GroupSamples& samples, const std::string& column, const std::string& cell) {
  if (cell.empty()) return {};
  const auto value = number_in(cell);
  if (!value) return refuse(column, "\"" + cell + "\" is no number");
  const std::size_t bound = column.find("<=");
  if (bound == column.npos) {
    samples.values[column] = *value;
    return {};
  }
  const std::string upper = column.substr(bound + 2);
  metrics::Bucket bucket{.count = std::llround(*value)};
  if (upper != "inf") bucket.upper = number_in(upper);
  if (upper != "inf" && !bucket.upper) return refuse(column, "want a bound after <=: a number, or inf");
  samples.histograms[column.substr(0, bound)].push_back(bucket);
  return {};
}

Result<Row> row_of(const std::vector<std::string>& header, const std::vector<std::string>& cells) {
  if (cells.size() != header.size())
    return Status(Code::invalid_argument, "it has " + std::to_string(cells.size()) + " cells where the header has " +
                                              std::to_string(header.size()));
  Row row;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] == "group") {
      row.samples.role = cells[i];
    } else if (header[i] == "time") {
      const auto time = time_in(cells[i]);
      if (!time.ok()) return refuse("time", time.status().message);
      row.time = *time;
    } else if (header[i] == "weight" && !cells[i].empty()) {
      const auto weight = parse_share(cells[i]);
      if (!weight.ok()) return refuse("weight", "\"" + cells[i] + "\": " + weight.status().message);
      row.weight = *weight;
    } else if (Status status = take(row.samples, header[i], cells[i]); !status.ok()) {
      return status;
    }
  }
  return row;
}

struct JsonRow {
  Instant time;
  std::string role;
  std::optional<Share> weight;
  std::map<std::string, double> values;
  std::map<std::string, std::vector<metrics::Bucket>> histograms;
  static constexpr auto fields() {
    return slipway::fields(required("time", &JsonRow::time, "The window's begin."),
                           required("role", &JsonRow::role, "The group."),
                           field("weight", &JsonRow::weight, "Of the group next: its part of the traffic."),
                           field("values", &JsonRow::values, "Numbers by name."),
                           field("histograms", &JsonRow::histograms, "Distributions by name."));
  }
};

std::optional<Duration> interval_of(const std::vector<Row>& sorted) {
  std::optional<Duration> least;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const Duration between = sorted[i].time - sorted[i - 1].time;
    if (between.ns > 0 && (!least || between < *least)) least = between;
  }
  return least;
}

Status check_no_twin(const std::vector<Row>& sorted) {
  std::map<std::pair<Instant, std::string>, const Row*> known;
  for (const Row& row : sorted) {
    const auto [twin, is_new] = known.emplace(std::pair(row.time, row.samples.role), &row);
    if (!is_new)
      return refuse(row.place, "the group \"" + row.samples.role + "\" has a row for " + to_string(row.time) +
                                   " already, at " + twin->second->place + "; want one");
  }
  return {};
}

}  // namespace

Result<std::vector<Row>> rows_of_csv(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = cells_of(line);
  for (const char* column : {"time", "group"}) {
    if (std::count(header.begin(), header.end(), column) != 1)
      return refuse(name, std::string("want one column \"") + column + "\" in its first line");
  }
  std::vector<Row> rows;
  for (int number = 2; std::getline(lines, line); ++number) {
    if (line.empty() || line == "\r") continue;
    auto row = row_of(header, cells_of(line));
    const std::string place = name + ":" + std::to_string(number);
    if (!row.ok()) return refuse(place, row.status().message);
    row->place = place;
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::vector<Row>> rows_of_json(const std::string& text, const std::string& name) {
  auto list = decode_text<std::vector<JsonRow>>(text, name, Unknown::refused, {.bytes = text.size()});
  if (!list.ok()) return list.status();
  std::vector<Row> rows;
  for (JsonRow& row : *list)
    rows.push_back(
        {row.time,
         {.role = std::move(row.role), .values = std::move(row.values), .histograms = std::move(row.histograms)},
         row.weight,
         name + "/" + std::to_string(rows.size())});
  return rows;
}

Status check_windows(std::int64_t count, Duration interval) {
  if (count < 2)
    return {Code::invalid_argument, "the recording has fewer than two windows in that time: want two times at least"};
  if (count <= kMostWindows) return {};
  return {Code::invalid_argument, "the recording has " + std::to_string(count) + " windows of " + to_string(interval) +
                                      ": want at most " + std::to_string(kMostWindows) + "; narrow --from and --to"};
}

Result<Recording> recording_of(std::vector<Row> rows, std::optional<Instant> from, std::optional<Instant> to) {
  std::erase_if(rows, [&](const Row& row) { return (from && row.time < *from) || (to && row.time >= *to); });
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.time < b.time; });
  if (Status status = check_no_twin(rows); !status.ok()) return status;
  const auto interval = interval_of(rows);
  if (!interval) return check_windows(1, {});
  const std::int64_t count = (rows.back().time - rows.front().time).ns / interval->ns + 1;
  if (Status status = check_windows(count, *interval); !status.ok()) return status;
  Recording recording{*interval, {}};
  for (std::int64_t i = 0; i < count; ++i) recording.windows.push_back({rows.front().time + *interval * i, {}});
  for (Row& row : rows) {
    const auto at = static_cast<std::size_t>((row.time - rows.front().time).ns / interval->ns);
    if (row.samples.role == "next") recording.windows[at].weight = row.weight;
    recording.windows[at].groups.push_back(std::move(row.samples));
  }
  return recording;
}

}  // namespace slipway::backtest
