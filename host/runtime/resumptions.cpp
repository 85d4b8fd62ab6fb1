#include "host/runtime/resumptions.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <utility>

namespace slipway::runtime {
namespace {

thread_local Resumptions* gathering = nullptr;

struct Gathered {
  std::vector<Task> tasks;
  std::atomic<std::size_t> next{0};
};

// Whoever runs them leaves a successor in the queue: a thread that is free helps, and one that a task does not give
// back holds up nobody but itself.
void run_shared(const boost::asio::any_io_executor& executor, const std::shared_ptr<Gathered>& all) {
  if (all->next.load() >= all->tasks.size()) return;
  boost::asio::post(executor, [executor, all] { run_shared(executor, all); });
  for (std::size_t mine = all->next++; mine < all->tasks.size(); mine = all->next++) {
    Task resume = std::move(all->tasks[mine]);
    resume();
  }
}

}  // namespace

const boost::asio::execution_context* plain_context(const boost::asio::any_io_executor& executor) {
  const auto* plain = executor.target<boost::asio::io_context::executor_type>();
  return plain == nullptr ? nullptr : &plain->context();
}

Resumptions::Resumptions(const boost::asio::any_io_executor& executor)
    : executor_(executor), context_(plain_context(executor)) {
  gathering = this;
}

Resumptions::~Resumptions() { gathering = nullptr; }

bool Resumptions::take(const boost::asio::execution_context* context, Task& resume) {
  if (context == nullptr || gathering == nullptr || gathering->context_ != context) return false;
  gathering->gathered_.push_back(std::move(resume));
  return true;
}

void Resumptions::run() {
  gathering = nullptr;
  if (gathered_.empty()) return;
  if (gathered_.size() == 1) return gathered_.front()();
  const auto all = std::make_shared<Gathered>();
  all->tasks = std::move(gathered_);
  run_shared(executor_, all);
}

}  // namespace slipway::runtime
