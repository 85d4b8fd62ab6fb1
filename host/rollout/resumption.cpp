#include "host/rollout/resumption.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <map>

#include "host/rollout/baseline.hpp"

namespace slipway::rollout {
namespace {

constexpr int kWorkers = 4;
constexpr std::size_t kReadAtOnce = 100;

using Records = std::map<storage::Key, storage::Record>;

// As far as they can be read.
boost::asio::awaitable<Records> read_all(Store& store, std::vector<storage::Key> keys) {
  Records records;
  if (keys.empty()) co_return records;
  auto reply = co_await store.get(std::move(keys));
  if (!reply.ok()) co_return records;
  for (storage::Record& record : reply->records) {
    storage::Key key = record.key;
    records.emplace(std::move(key), std::move(record));
  }
  co_return records;
}

template <class T>
std::optional<Stored<T>> document_in(const Records& records, const storage::Key& key) {
  const auto found = records.find(key);
  if (found == records.end()) return std::nullopt;
  auto document = document_from<T>(found->second);
  if (!document.ok()) return std::nullopt;
  return std::move(*document);
}

storage::Key rollout_of(const Driver& driver, const Driver::Found& found) {
  return keys::rollout(driver.tenant(), found.application.value.rollout);
}

std::vector<std::string> releases_of(const Driver::Found& found) {
  if (!found.rollout) return {found.application.value.stable_release};
  std::vector<std::string> names;
  for (const OrderedGroup& group : found.rollout->value.order.groups) names.push_back(kept_name(group.release));
  return names;
}

}  // namespace

void Resumption::add(std::shared_ptr<Driver> driver, Absence absence) {
  boost::asio::post(driver->strand(), [driver, absence] { driver->left_alone(absence); });
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(driver));
    if (workers_ == kWorkers || waiting_.size() <= static_cast<std::size_t>(workers_) * kReadAtOnce) return;
    ++workers_;
  }
  // It may begin at once, on this thread.
  boost::asio::any_io_executor strand = boost::asio::make_strand(executor_);
  boost::asio::co_spawn(strand, work(strand), boost::asio::detached);
}

void Resumption::stop() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

boost::asio::awaitable<void> Resumption::work(boost::asio::any_io_executor strand) {
  for (Drivers drivers = next(); !drivers.empty(); drivers = next()) {
    Found found = co_await read(drivers);
    co_await resume(strand, std::move(drivers), std::move(found));
  }
}

Resumption::Drivers Resumption::next() {
  const std::lock_guard lock(mutex_);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(kReadAtOnce, waiting_.size()));
  Drivers drivers(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  if (drivers.empty()) --workers_;
  return drivers;
}

boost::asio::awaitable<Resumption::Found> Resumption::read(const Drivers& drivers) {
  Found found(drivers.size());
  std::vector<storage::Key> wanted;
  std::vector<std::int64_t> touches;
  for (const auto& driver : drivers) {
    wanted.push_back(keys::application(driver->tenant(), driver->name()));
    touches.push_back(driver->touches());
  }
  const Records records = co_await read_all(store_, wanted);
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    auto application = document_in<Application>(records, wanted[i]);
    if (application) found[i] = Driver::Found{.application = std::move(*application), .touches = touches[i]};
  }
  co_await read_rollouts(drivers, found);
  co_await read_releases(drivers, found);
  co_return found;
}

boost::asio::awaitable<void> Resumption::read_rollouts(const Drivers& drivers, Found& found) {
  const auto has_rollout = [&](std::size_t i) { return found[i] && !found[i]->application.value.rollout.empty(); };
  std::vector<storage::Key> wanted;
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    if (has_rollout(i)) wanted.push_back(rollout_of(*drivers[i], *found[i]));
  }
  const Records records = co_await read_all(store_, std::move(wanted));
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    if (!has_rollout(i)) continue;
    found[i]->rollout = document_in<Record>(records, rollout_of(*drivers[i], *found[i]));
    if (!found[i]->rollout) found[i].reset();
  }
}

boost::asio::awaitable<void> Resumption::read_releases(const Drivers& drivers, Found& found) {
  const auto key = [&](std::size_t i, const std::string& name) {
    return keys::release(drivers[i]->tenant(), drivers[i]->name(), name);
  };
  std::vector<storage::Key> wanted;
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    if (!found[i]) continue;
    for (const std::string& name : releases_of(*found[i])) {
      if (!name.empty()) wanted.push_back(key(i, name));
    }
  }
  const Records records = co_await read_all(store_, std::move(wanted));
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    if (!found[i]) continue;
    for (const std::string& name : releases_of(*found[i])) {
      auto release = document_in<Release>(records, key(i, name));
      if (release) found[i]->releases[name] = std::make_shared<const provider::Release>(std::move(release->value.spec));
    }
  }
}

// Returns when each of them has begun.
boost::asio::awaitable<void> Resumption::resume(boost::asio::any_io_executor strand, Drivers drivers, Found found) {
  Wakeup done(strand, clock_, timers_);
  const auto left = std::make_shared<std::atomic<std::size_t>>(drivers.size());
  auto begin = [](std::shared_ptr<Driver> driver, std::optional<Driver::Found> read,
                  std::shared_ptr<std::atomic<std::size_t>> counter,
                  std::function<void()> ring) -> boost::asio::awaitable<void> {
    co_await driver->resume(std::move(read));
    if (--*counter == 0) ring();
  };
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    const auto& on = drivers[i]->strand();
    boost::asio::co_spawn(on, begin(drivers[i], std::move(found[i]), left, done.remote_ring()), boost::asio::detached);
  }
  while (*left > 0) co_await done.wait_until(clock_.now() + seconds(60));
}

}  // namespace slipway::rollout
