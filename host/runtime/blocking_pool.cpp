#include "host/runtime/blocking_pool.hpp"

#include <boost/asio/post.hpp>

namespace slipway::runtime {

BlockingPool::BlockingPool(BlockingPoolSettings settings)
    : settings_(std::move(settings)), threads_(settings_.threads) {}

BlockingPool::~BlockingPool() { threads_.join(); }

Status BlockingPool::post(Task task) {
  if (pending_.fetch_add(1) >= settings_.limit) {
    pending_.fetch_sub(1);
    refused_.fetch_add(1);
    return {Code::resource_exhausted, "the pool \"" + settings_.name + "\" has " + std::to_string(settings_.limit) +
                                          " tasks waiting or running, the most that it may have"};
  }
  run(std::move(task));
  return {};
}

void BlockingPool::post_always(Task task) {
  pending_.fetch_add(1);
  run(std::move(task));
}

void BlockingPool::run(Task task) {
  boost::asio::post(threads_, [this, work = std::move(task)]() mutable {
    work();
    // What the task holds may be what made room for the next one.
    work = Task();
    pending_.fetch_sub(1);
  });
}

}  // namespace slipway::runtime
