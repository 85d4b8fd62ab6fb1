// Who waits for new events of a tenant. Safe from any thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "host/rollout/settings.hpp"
#include "host/rollout/wakeup.hpp"

namespace slipway::rollout {

class Feed {
 public:
  Feed(const base::Clock& clock, Timers& timers, std::size_t max_waiting)
      : clock_(clock), timers_(timers), max_waiting_(max_waiting) {}

  // A tenant that may have events; subscribers hear of it once.
  void known(const std::string& tenant);
  // Calls for each tenant that is or becomes known, and after each publication; from any thread. Before the first one.
  void subscribe(std::function<void(const std::string& tenant)> listener);
  // After events of the tenant were stored.
  void published(const std::string& tenant);
  // Every known tenant, in order.
  [[nodiscard]] std::vector<std::string> tenants() const;
  // Whether somebody waits for its events.
  [[nodiscard]] bool is_watched(const std::string& tenant) const;

  // Registers before it is asked what is there, so that nothing is missed between the two.
  class Watch {
   public:
    explicit Watch(std::shared_ptr<Wakeup> wakeup) : wakeup_(std::move(wakeup)) {}
    boost::asio::awaitable<void> wait_until(Instant due) { co_await wakeup_->wait_until(due); }

   private:
    std::shared_ptr<Wakeup> wakeup_;
  };
  // Nothing when too many wait already. The executor runs one thing at a time.
  std::unique_ptr<Watch> watch(const std::string& tenant, const boost::asio::any_io_executor& executor);

 private:
  struct Waiter {
    std::weak_ptr<Wakeup> alive;
    std::function<void()> ring;
  };
  const base::Clock& clock_;
  Timers& timers_;
  const std::size_t max_waiting_;
  std::function<void(const std::string&)> listener_;
  mutable std::mutex mutex_;
  std::set<std::string> known_;
  std::map<std::string, std::vector<Waiter>> waiting_;
};

}  // namespace slipway::rollout
