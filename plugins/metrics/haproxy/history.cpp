#include "plugins/metrics/haproxy/history.hpp"

#include <algorithm>

namespace slipway::haproxy {
namespace {

constexpr std::uint8_t kTimed = 1;
constexpr std::uint8_t kServerBroke = 2;
constexpr std::uint8_t kClientLeft = 4;

// First letter of the termination state: who ended the session early (manual of HAProxy 2.6, section 8.5).
std::uint8_t flags_of(const Record& record) {
  const char who = record.termination.front();
  std::uint8_t flags = record.total_us ? kTimed : 0;
  if (who == 'S' || who == 's') flags |= kServerBroke;
  if (who == 'C' || who == 'c') flags |= kClientLeft;
  return flags;
}

}  // namespace

void History::add(const Record& record, Instant ended) {
  const std::string_view application = application_of(record.backend);
  if (application.empty() || ended < horizon_) return;
  std::string_view release = release_of(record.server);
  if (!release.empty()) serves(record.backend, release);
  if (release.empty()) {
    const auto known = serving_.find(record.backend);
    if (known == serving_.end()) return;
    release = known->second;
  }
  Series& series = series_[{std::string(application), std::string(release)}];
  const auto place = std::upper_bound(series.begin(), series.end(), ended.ns,
                                      [](std::int64_t t, const Entry& entry) { return t < entry.ended_ns; });
  series.insert(place, entry_of(record, ended));
  if (++size_ > limits_.records) forget_oldest();
}

// The oldest tenth of the time that is kept, so that it is not looked for at each record.
void History::forget_oldest() {
  std::int64_t oldest = INT64_MAX, newest = 0;
  for (const auto& [key, series] : series_) {
    oldest = std::min(oldest, series.front().ended_ns);
    newest = std::max(newest, series.back().ended_ns);
  }
  forget_before({oldest + (newest - oldest) / 10 + 1});
}

void History::serves(std::string_view backend, std::string_view release) {
  const auto known = serving_.find(backend);
  if (known == serving_.end())
    serving_.emplace(backend, release);
  else if (known->second != release)
    known->second = release;
}

History::Entry History::entry_of(const Record& record, Instant ended) {
  return {ended.ns, record.total_us.value_or(0), static_cast<std::uint16_t>(record.status),
          static_cast<std::uint8_t>(std::min<std::uint32_t>(record.retries, 255)), flags_of(record)};
}

void History::count(const Entry& entry, Window& window) {
  Counts& counts = window.counts;
  const bool failed = entry.status >= 500 || (entry.flags & kServerBroke) != 0;
  ++counts.requests;
  counts.failures += failed ? 1 : 0;
  counts.aborted += !failed && (entry.flags & kClientLeft) != 0 ? 1 : 0;
  counts.retries += entry.retries;
  if (entry.status >= 100 && entry.status < 600) ++counts.by_class[entry.status / 100 - 1];
  if ((entry.flags & kTimed) != 0) window.latency.add(entry.total_us);
}

std::pair<History::Series::const_iterator, History::Series::const_iterator> History::range(const Series& series,
                                                                                           Instant from, Instant to) {
  const auto before = [](const Entry& entry, std::int64_t t) { return entry.ended_ns < t; };
  return {std::lower_bound(series.begin(), series.end(), from.ns, before),
          std::lower_bound(series.begin(), series.end(), to.ns, before)};
}

History::Window History::count(const std::string& application, const std::string& release, Instant from,
                               Instant to) const {
  Window window;
  const auto found = series_.find({application, release});
  if (found == series_.end()) return window;
  const auto [begin, end] = range(found->second, from, to);
  for (auto entry = begin; entry != end; ++entry) count(*entry, window);
  return window;
}

std::uint64_t History::records(Instant from, Instant to) const {
  std::uint64_t count = 0;
  for (const auto& [key, series] : series_) {
    const auto [begin, end] = range(series, from, to);
    count += static_cast<std::uint64_t>(end - begin);
  }
  return count;
}

void History::forget(Instant now) {
  if (now - limits_.age > horizon_) forget_before(now - limits_.age);
}

void History::begin_anew(Instant now) {
  series_.clear();
  size_ = 0;
  horizon_ = now;
}

void History::forget_before(Instant horizon) {
  horizon_ = horizon;
  for (auto one = series_.begin(); one != series_.end();) {
    Series& series = one->second;
    while (!series.empty() && series.front().ended_ns < horizon.ns) series.pop_front(), --size_;
    one = series.empty() ? series_.erase(one) : std::next(one);
  }
}

}  // namespace slipway::haproxy
