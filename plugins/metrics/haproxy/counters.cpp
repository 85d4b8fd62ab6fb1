#include "plugins/metrics/haproxy/counters.hpp"

#include <algorithm>
#include <charconv>

namespace slipway::haproxy {
namespace {

constexpr Duration kKept = seconds(120);
// So that sums over many processes stay in range.
constexpr std::int64_t kLargest = std::int64_t{1} << 48;
// A sample further from its moment says nothing about it.
constexpr Duration kNear = seconds(2);

Counts plus(Counts a, const Counts& b) {
  a.requests += b.requests, a.failures += b.failures, a.aborted += b.aborted, a.retries += b.retries;
  for (std::size_t i = 0; i < 5; ++i) a.by_class[i] += b.by_class[i];
  return a;
}

Counts minus(Counts a, const Counts& b) {
  a.requests -= b.requests, a.failures -= b.failures, a.aborted -= b.aborted, a.retries -= b.retries;
  for (std::size_t i = 0; i < 5; ++i) a.by_class[i] -= b.by_class[i];
  return a;
}

std::vector<std::string_view> split(std::string_view line, char between) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t end = line.find(between);
    fields.push_back(line.substr(0, end));
    if (end == line.npos) return fields;
    line.remove_prefix(end + 1);
  }
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp<std::int64_t>(value, 0, kLargest);
}

// The columns of `show stat` by name; where a column is missing its value is empty.
class Columns {
 public:
  explicit Columns(std::string_view header) : names_(split(header, ',')) {}
  [[nodiscard]] std::string_view text(const std::vector<std::string_view>& row, std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    const auto index = static_cast<std::size_t>(found - names_.begin());
    return index < row.size() ? row[index] : std::string_view();
  }
  [[nodiscard]] Counts counts(const std::vector<std::string_view>& row) const {
    Counts counts;
    counts.requests = number(text(row, "req_tot"));
    counts.failures = number(text(row, "hrsp_5xx"));
    counts.aborted = number(text(row, "cli_abrt"));
    counts.retries = number(text(row, "wretr"));
    for (std::size_t i = 0; i < 5; ++i) counts.by_class[i] = number(text(row, "hrsp_" + std::to_string(i + 1) + "xx"));
    return counts;
  }

 private:
  std::vector<std::string_view> names_;
};

void take_row(Sample& sample, std::map<std::string, int>& changes, const Columns& columns, std::string_view line) {
  const auto row = split(line, ',');
  const std::string backend(columns.text(row, "pxname"));
  const std::string_view server = columns.text(row, "svname");
  if (application_of(backend).empty()) return;
  if (server == "BACKEND") sample.backends[backend] = columns.counts(row);
  const std::string release(release_of(server));
  if (server == "BACKEND" || release.empty()) return;
  auto [known, fresh] = sample.releases.emplace(backend, release);
  if (!fresh && known->second != release) ++changes[backend];
}

}  // namespace

std::optional<Sample> parse_sample(std::string_view text, Instant at) {
  Sample sample{.at = at};
  std::optional<Columns> columns;
  std::map<std::string, int> mixed;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("Pid: "))
      sample.pid = static_cast<std::int32_t>(number(line.substr(5)));
    else if (line.starts_with("# pxname,"))
      columns.emplace(line.substr(2));
    else if (columns && !line.empty())
      take_row(sample, mixed, *columns, line);
  }
  for (const auto& [backend, times] : mixed) sample.releases.erase(backend);
  if (sample.pid == 0 || !columns) return std::nullopt;
  return sample;
}

void Counters::take(const Sample& sample) {
  const bool restarted = pid_ != 0 && sample.pid != pid_;
  if (restarted) last_.clear();
  pid_ = sample.pid;
  moments_.push_back({sample.at, restarted});
  for (const auto& [backend, counts] : sample.backends) {
    std::deque<Point>& points = points_[backend];
    // A counter that fell was cleared by somebody.
    const Counts before = last_[backend].requests <= counts.requests ? last_[backend] : Counts{};
    Counts total = points.empty() ? counts : plus(points.back().total, minus(counts, before));
    const auto known = sample.releases.find(backend);
    const std::string release = known != sample.releases.end() ? known->second
                                : points.empty()               ? ""
                                                               : points.back().release;
    if (points.empty() || points.back().total != total || points.back().release != release)
      points.push_back({sample.at, total, release});
    last_[backend] = counts;
  }
  forget(sample.at - kKept);
}

void Counters::begin_anew() {
  moments_.clear();
  points_.clear();
}

void Counters::forget(Instant horizon) {
  while (!moments_.empty() && moments_.front().at < horizon) moments_.pop_front();
  for (auto& [backend, points] : points_) {
    while (points.size() > 1 && points[1].at < horizon) points.pop_front();
  }
}

bool Counters::reaches(Instant moment) const { return !moments_.empty() && moments_.back().at >= moment; }

std::optional<std::size_t> Counters::first_at(Instant moment) const {
  const auto found =
      std::lower_bound(moments_.begin(), moments_.end(), moment, [](const Moment& m, Instant t) { return m.at < t; });
  if (found == moments_.end() || found->at - moment > kNear) return std::nullopt;
  return static_cast<std::size_t>(found - moments_.begin());
}

const Counters::Point* Counters::at_or_before(const std::deque<Point>& points, Instant at) {
  const auto after =
      std::upper_bound(points.begin(), points.end(), at, [](Instant t, const Point& p) { return t < p.at; });
  return after == points.begin() ? nullptr : &*std::prev(after);
}

// Time between samples of different processes: what the older one counted after its last sample nobody knows.
double Counters::gap_between(std::size_t first, std::size_t last) const {
  double gap = 0;
  for (std::size_t i = first + 1; i <= last; ++i) {
    if (moments_[i].restarted) gap += static_cast<double>((moments_[i].at - moments_[i - 1].at).ns);
  }
  return gap;
}

bool Counters::add(const std::deque<Point>& points, const std::string& release, Instant from, Instant to, Counts& sum) {
  const Point* const first = at_or_before(points, from);
  const Point* const last = at_or_before(points, to);
  if (last == nullptr || last->total == (first == nullptr ? Counts{} : first->total)) return true;  // did nothing
  const bool steady = first == nullptr ? points.front().release == last->release : first->release == last->release;
  if (last->release == release) sum = plus(sum, first == nullptr ? last->total : minus(last->total, first->total));
  return steady || (last->release != release && (first == nullptr || first->release != release));
}

std::optional<Counters::Delta> Counters::between(const std::string& application, const std::string& release,
                                                 Instant from, Instant to) const {
  const auto first = first_at(from), last = first_at(to);
  if (!first || !last || *last <= *first) return std::nullopt;
  const Instant begin = moments_[*first].at, end = moments_[*last].at;
  Delta delta;
  bool found = false;
  for (const char slot : kSlots) {
    const auto points = points_.find(application + '.' + slot);
    if (points == points_.end()) continue;
    found = true;
    if (!add(points->second, release, begin, end, delta.counts)) return std::nullopt;
  }
  if (!found) return std::nullopt;
  const double length = static_cast<double>((to - from).ns);
  const double seen = static_cast<double>((std::min(end, to) - begin).ns) - gap_between(*first, *last);
  delta.completeness = std::clamp(seen / length, 0.0, 1.0);
  return delta;
}

}  // namespace slipway::haproxy
