// Running a coroutine on another executor and coming back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace slipway::rollout {

// The work's value, on the caller's executor again. An exception of the work is the caller's.
template <class Executor, class T>
boost::asio::awaitable<T> run_on(Executor executor, boost::asio::awaitable<T> work) {
  // co_spawn makes an empty value beside an exception, which a Result cannot be.
  auto wrapped = [](boost::asio::awaitable<T> inner) -> boost::asio::awaitable<std::optional<T>> {
    co_return co_await std::move(inner);
  };
  auto value = co_await boost::asio::co_spawn(executor, wrapped(std::move(work)), boost::asio::use_awaitable);
  co_return std::move(*value);
}

}  // namespace slipway::rollout
