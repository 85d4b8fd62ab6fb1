// Work that blocks, awaited.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <exception>
#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <utility>

#include "host/runtime/blocking_pool.hpp"
#include "host/runtime/one_shot.hpp"

namespace slipway::lifecycle {

// Nobody catches what leaves a task of the pool: the process would end.
template <class Work>
Status outcome_of(Work& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return {Code::unavailable, std::string("an unexpected error: ") + error.what()};
  }
}

// Runs `work`, which returns a Status, on the pool and resumes on the caller's executor. The pool's refusal otherwise.
// What `work` refers to must outlive the call.
template <class Work>
boost::asio::awaitable<Status> on_blocking(runtime::BlockingPool& pool, Work work) {
  const auto done = std::make_shared<runtime::OneShot<Status>>();
  Status taken = pool.post([done, work = std::move(work)]() mutable { done->deliver(outcome_of(work)); });
  if (!taken.ok()) co_return taken;
  co_return co_await done->wait();
}

// The same for work that ends something: a full pool takes it all the same.
template <class Work>
boost::asio::awaitable<Status> end_on_blocking(runtime::BlockingPool& pool, Work work) {
  const auto done = std::make_shared<runtime::OneShot<Status>>();
  pool.post_always([done, work = std::move(work)]() mutable { done->deliver(outcome_of(work)); });
  co_return co_await done->wait();
}

}  // namespace slipway::lifecycle
