#include "host/rollout/trimmer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace slipway::rollout {
namespace {

constexpr std::int64_t kAtOnce = 64;  // fewer are not worth a write

}  // namespace

// One that fails is made up for by the next.
void Trimmer::stored(const std::string& tenant, std::int64_t newest) {
  const std::int64_t through = newest - settings_.keep;
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
  boost::asio::co_spawn(executor_, trim(&store_, tenant, through), boost::asio::detached);
}

}  // namespace slipway::rollout
