#include "plugins/metrics/haproxy/streams.hpp"

#include <algorithm>
#include <utility>

namespace slipway::haproxy {
namespace {

constexpr Instant kOpen{INT64_MAX};
constexpr std::size_t kMostStretches = 1024;
// Between the end of an old process and the stream of the one that has replaced it, whose ring kept its records.
constexpr Duration kHandOver = milliseconds(50);

}  // namespace

void Streams::connected(std::int32_t pid, Instant now) {
  Process& process = processes_[pid];
  ++process.streams;
  if (open_streams_++ > 0) return;
  const bool goes_on =
      !stretches_.empty() && (stretches_.back().closed_by == pid || now - stretches_.back().to < kHandOver);
  if (goes_on)
    stretches_.back().to = kOpen;
  else
    stretches_.push_back({now, kOpen});
  if (stretches_.size() > kMostStretches) stretches_.pop_front();
}

void Streams::disconnected(std::int32_t pid, Instant now) {
  Process& process = processes_[pid];
  --process.streams;
  process.left = now;
  if (--open_streams_ > 0) return;
  stretches_.back().to = std::max(now, stretches_.back().from);
  stretches_.back().closed_by = pid;
}

bool Streams::take(std::int32_t pid, std::uint64_t number, Instant ended, std::uint64_t mark) {
  Process& process = processes_[pid];
  // From a process's first record that is seen here, all later ones are.
  const bool early = process.records < Numbers::kDisorder;
  ++process.records;
  if (early && !stretches_.empty()) stretches_.back().from = std::min(stretches_.back().from, ended);
  newest_ = std::max(newest_, ended);
  return process.numbers.take(number, ended, mark);
}

bool Streams::take_kept(std::int32_t pid, std::uint64_t number, Instant ended, std::uint64_t mark) {
  return processes_[pid].numbers.take(number, ended, mark, Numbers::Again::expected);
}

bool Streams::is_connected(std::int32_t pid) const {
  // A process of another PID namespace shows itself as 0.
  for (const std::int32_t candidate : {pid, 0}) {
    const auto found = processes_.find(candidate);
    if (found != processes_.end() && found->second.streams > 0) return true;
  }
  return false;
}

double Streams::covered(Instant from, Instant to) const {
  std::int64_t covered = 0;
  Instant done = from;
  for (const Stretch& stretch : stretches_) {
    const Instant begin = std::max(done, stretch.from), end = std::min(to, stretch.to);
    if (begin >= end) continue;
    covered += (end - begin).ns;
    done = end;
  }
  return static_cast<double>(covered) / static_cast<double>((to - from).ns);
}

std::uint64_t Streams::missing(Instant from, Instant to) const {
  std::uint64_t count = 0;
  for (const auto& [pid, process] : processes_) count += process.numbers.missing(from, to);
  return count;
}

std::uint64_t Streams::missing(Instant until) const {
  std::uint64_t count = missing_before_;
  for (const auto& [pid, process] : processes_) count += process.numbers.missing(until);
  return count;
}

std::uint64_t Streams::doubled() const {
  std::uint64_t count = doubled_before_;
  for (const auto& [pid, process] : processes_) count += process.numbers.doubled();
  return count;
}

void Streams::begin_anew(Instant now) {
  stretches_.clear();
  if (open_streams_ > 0) stretches_.push_back({now, kOpen});
  newest_ = now;
}

void Streams::forget_before(Instant horizon) {
  while (!stretches_.empty() && stretches_.front().to < horizon) stretches_.pop_front();
  for (auto one = processes_.begin(); one != processes_.end();) {
    Process& process = one->second;
    process.numbers.forget_before(horizon);
    const bool gone = process.streams == 0 && process.left < horizon;
    if (gone) missing_before_ += process.numbers.missing();
    if (gone) doubled_before_ += process.numbers.doubled();
    one = gone ? processes_.erase(one) : std::next(one);
  }
}

}  // namespace slipway::haproxy
