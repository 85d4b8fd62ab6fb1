#include "host/rollout/trimmer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <limits>
#include <set>
#include <vector>

namespace slipway::rollout {
namespace {

constexpr std::int64_t kAtOnce = 64;          // fewer events are not worth a write
constexpr std::int32_t kEventsRead = 500;     // of a page, when the oldest are too old
constexpr std::int32_t kJournalsAtOnce = 16;  // as many as a batch may trim

storage::WriteRequest batch_under(const Ownership& ownership) {
  storage::WriteRequest batch;
  batch.expect_leases.push_back(ownership.fence());
  return batch;
}

// Whether the rollout has ended as the index says. One that was tried again has ended later, or not yet.
bool over_before(const Record& record, Instant moment) {
  return has_ended(record.rollout.state) && record.rollout.ended_at.value_or(record.rollout.updated_at) < moment;
}

}  // namespace

Trimmer::Trimmer(TrimmerParts parts)
    : parts_(std::move(parts)),
      wakeup_(parts_.strand, parts_.clock, parts_.timers),
      retention_(parts_.settings.bounds.retention) {}

void Trimmer::known(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  trimmed_.try_emplace(tenant, 0);
}

// One that fails is made up for by the next.
void Trimmer::stored(const std::string& tenant, std::int64_t newest) {
  const std::int64_t through = newest - parts_.settings.events.keep;
  {
    const std::lock_guard lock(mutex_);
    std::int64_t& trimmed = trimmed_[tenant];
    if (through < trimmed + kAtOnce) return;
    trimmed = through;
  }
  auto trim = [](Store* store, std::string of, std::int64_t last) -> boost::asio::awaitable<void> {
    storage::WriteRequest batch;
    batch.trims.push_back({keys::events(of), last});
    (void)co_await store->write(batch, std::string());
  };
  boost::asio::co_spawn(parts_.strand, trim(&parts_.store, tenant, through), boost::asio::detached);
}

void Trimmer::keep_for(const Retention& retention) {
  const std::lock_guard lock(mutex_);
  retention_ = retention;
}

void Trimmer::start() { boost::asio::co_spawn(parts_.strand, run(), boost::asio::detached); }

void Trimmer::stop() {
  stopping_ = true;
  wakeup_.remote_ring()();
}

bool Trimmer::may_trim(const std::string& tenant) const {
  return !stopping_ && parts_.ownership.token(partition_of(tenant)) != 0;
}

boost::asio::awaitable<void> Trimmer::run() {
  while (!stopping_) {
    co_await wakeup_.wait_until(parts_.clock.now() + parts_.settings.trim_every);
    std::vector<std::string> tenants;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [tenant, last] : trimmed_) tenants.push_back(tenant);
    }
    for (const std::string& tenant : tenants) {
      if (may_trim(tenant)) co_await sweep(tenant);
    }
  }
}

boost::asio::awaitable<void> Trimmer::sweep(std::string tenant) {
  Retention retention;
  {
    const std::lock_guard lock(mutex_);
    retention = retention_;
  }
  const Instant now = parts_.clock.now();
  co_await trim_events(tenant, now - retention.events);
  co_await trim_journals(tenant, now - retention.journals);
}

boost::asio::awaitable<void> Trimmer::trim_events(std::string tenant, Instant older_than) {
  const std::int64_t through = co_await last_event_before(tenant, older_than);
  if (through == 0) co_return;
  storage::WriteRequest batch = batch_under(parts_.ownership);
  batch.trims.push_back({keys::events(tenant), through});
  (void)co_await parts_.store.write(batch, std::string());
}

// 0 when there is none. Most of the time the oldest one is young enough, so that one is asked for at first.
boost::asio::awaitable<std::int64_t> Trimmer::last_event_before(std::string tenant, Instant older_than) {
  std::int64_t last = 0;
  for (std::int32_t limit = 1; !stopping_; limit = kEventsRead) {
    const auto read = co_await parts_.store.read(read_of(keys::events(tenant), last, limit));
    if (!read.ok() || read->entries.empty()) co_return last;
    for (const storage::Entry& entry : read->entries) {
      if (entry.at >= older_than) co_return last;
      last = entry.sequence;
    }
  }
  co_return last;
}

boost::asio::awaitable<void> Trimmer::trim_journals(std::string tenant, Instant older_than) {
  bool more = true;
  while (more && may_trim(tenant)) more = co_await trim_some_journals(tenant, older_than);
}

// True when there may be further ones. The index of ended rollouts begins with those that ended first.
boost::asio::awaitable<bool> Trimmer::trim_some_journals(std::string tenant, Instant older_than) {
  const auto page = co_await parts_.store.scan(scan_of(tenant, "ended-rollout", "", "", kJournalsAtOnce));
  if (!page.ok()) co_return false;
  storage::WriteRequest batch = batch_under(parts_.ownership);
  std::vector<storage::Key> rollouts;
  for (const storage::Record& entry : page->records) {
    if (entry.updated_at >= older_than) break;
    batch.removes.push_back(entry.key);
    rollouts.push_back(keys::rollout(tenant, entry.value));
  }
  if (rollouts.empty()) co_return false;
  const auto found = co_await parts_.store.get(rollouts);
  if (!found.ok()) co_return false;
  std::set<std::string> kept;
  for (const storage::Record& stored : found->records) {
    const auto record = record_from(stored);
    batch.expect.push_back({stored.key, stored.version});
    if (record.ok() && !over_before(record->value, older_than)) kept.insert(stored.key.id);
  }
  std::set<std::string> trimmed;
  for (const storage::Key& key : rollouts) {
    if (!kept.contains(key.id) && trimmed.insert(key.id).second)
      batch.trims.push_back({keys::journal(tenant, key.id), std::numeric_limits<std::int64_t>::max()});
  }
  const auto reply = co_await parts_.store.write(batch, std::string());
  co_return reply.ok() && page->records.size() == rollouts.size();
}

}  // namespace slipway::rollout
