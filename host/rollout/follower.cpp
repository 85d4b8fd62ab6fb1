#include "host/rollout/follower.hpp"

#include <algorithm>

#include "host/rollout/damage.hpp"

namespace slipway::rollout {
namespace {

constexpr std::int32_t kNotices = 500;         // read at once
constexpr std::int64_t kNoticesKept = 10'000;  // one that is asleep for longer reads everything again
constexpr std::int64_t kTrimmedAtOnce = 1'000;
constexpr std::size_t kTenantsAtOnce = 10;  // asked for events at one look; the others come next

}  // namespace

boost::asio::awaitable<Status> Follower::begin() {
  const auto read = co_await store_.read(read_of(keys::notices(), 0, 1));
  if (!read.ok()) co_return read.status();
  notice_ = read->last;
  co_return Status();
}

boost::asio::awaitable<void> Follower::follow() {
  co_await read_notices();
  co_await look_for_events();
}

boost::asio::awaitable<void> Follower::read_notices() {
  for (bool more = true; more;) {
    const auto read = co_await store_.read(read_of(keys::notices(), notice_, kNotices));
    if (!read.ok()) co_return;
    if (read->first > notice_ + 1) heard_.missed();
    for (const storage::Entry& entry : read->entries) {
      const auto notice = decode_text<Notice>(entry.value, "a notice");
      if (notice.ok()) {
        heard_.changed(*notice);
      } else {
        report_damage(log_, keys::notices(), entry.sequence, notice.status());
        heard_.missed();
      }
    }
    more = !read->entries.empty() && read->entries.back().sequence < read->last;
    notice_ = more ? read->entries.back().sequence : read->last;
    if (!more) co_await trim_notices(read->last);
  }
}

boost::asio::awaitable<void> Follower::trim_notices(std::int64_t last) {
  const std::int64_t through = last - kNoticesKept;
  if (!ownership_.owns(0) || through < trimmed_ + kTrimmedAtOnce) co_return;
  trimmed_ = through;
  storage::WriteRequest batch;
  batch.expect_leases.push_back(ownership_.fence());
  batch.trims.push_back({keys::notices(), through});
  (void)co_await store_.write(batch, std::string());
}

// Somebody listens here, or this host tells the tenant's notifiers.
boost::asio::awaitable<void> Follower::look_for_events() {
  std::vector<std::string> tenants = feed_.tenants();
  std::erase_if(tenants, [this](const std::string& tenant) {
    return !feed_.is_watched(tenant) && !ownership_.owns(partition_of(tenant));
  });
  const auto next = std::upper_bound(tenants.begin(), tenants.end(), asked_last_);
  std::rotate(tenants.begin(), tenants.begin() + (next - tenants.begin()), tenants.end());
  if (tenants.size() > kTenantsAtOnce) tenants.resize(kTenantsAtOnce);
  for (const std::string& tenant : tenants) {
    asked_last_ = tenant;
    const auto read = co_await store_.read(read_of(keys::events(tenant), 0, 1));
    if (!read.ok()) co_return;
    if (std::exchange(newest_[tenant], read->last) != read->last) feed_.published(tenant);
  }
}

}  // namespace slipway::rollout
