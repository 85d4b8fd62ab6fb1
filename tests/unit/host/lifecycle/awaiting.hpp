// A coroutine's value for a test, within a deadline.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "host/runtime/runtime.hpp"

namespace slipway::lifecycle {

template <class T>
boost::asio::awaitable<void> keep(boost::asio::awaitable<T> work, std::shared_ptr<std::promise<T>> value) {
  value->set_value(co_await std::move(work));
}

// Runs the coroutine on the runtime and waits for its value.
template <class T>
T await_on(runtime::Runtime& runtime, boost::asio::awaitable<T> work) {
  auto value = std::make_shared<std::promise<T>>();
  auto future = value->get_future();
  boost::asio::co_spawn(runtime.executor(), keep(std::move(work), value), boost::asio::detached);
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
    throw std::runtime_error("not done in time");
  return future.get();
}

}  // namespace slipway::lifecycle
