#include "host/bridge/intake.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace slipway::bridge {

Status Intake::add(const std::shared_ptr<Waiter>& waiter, const std::string& binding) {
  const std::lock_guard lock(mutex_);
  if (open_) {
    waiter->deliver({});
  } else if (waiters_.size() < kMaxWaiting) {
    waiters_.push_back(waiter);
  } else {
    return {Code::resource_exhausted, "binding \"" + binding + "\" is being exchanged, and " +
                                          std::to_string(kMaxWaiting) + " calls wait for it already"};
  }
  return {};
}

boost::asio::awaitable<Status> Intake::wait(std::string binding, std::chrono::steady_clock::time_point deadline) {
  const auto waiter = std::make_shared<Waiter>();
  if (Status status = add(waiter, binding); !status.ok()) co_return status;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, deadline);
  timer.async_wait([waiter, binding](const boost::system::error_code& error) {
    if (!error)
      waiter->deliver({Code::deadline_exceeded, "the deadline passed while binding \"" + binding + "\" was exchanged"});
  });
  Status status = co_await waiter->wait();
  if (!status.ok()) {
    const std::lock_guard lock(mutex_);
    std::erase(waiters_, waiter);
  }
  co_return status;
}

void Intake::open() {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    open_ = true;
    waiters.swap(waiters_);
  }
  for (const auto& waiter : waiters) waiter->deliver({});
}

std::size_t Intake::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace slipway::bridge
