#include "host/runtime/resumptions.hpp"

#include <atomic>
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
void run_shared(boost::asio::io_context& context, const std::shared_ptr<Gathered>& all) {
  if (all->next.load() >= all->tasks.size()) return;
  boost::asio::post(context, [&context, all] { run_shared(context, all); });
  for (std::size_t mine = all->next++; mine < all->tasks.size(); mine = all->next++) {
    Task resume = std::move(all->tasks[mine]);
    resume();
  }
}

}  // namespace

Resumptions::Resumptions(boost::asio::io_context& context) : context_(context) { gathering = this; }

Resumptions::~Resumptions() { gathering = nullptr; }

bool Resumptions::take(const boost::asio::any_io_executor& executor, Task& resume) {
  if (gathering == nullptr) return false;
  const auto* plain = executor.target<boost::asio::io_context::executor_type>();
  if (plain == nullptr || &plain->context() != &gathering->context_) return false;
  gathering->gathered_.push_back(std::move(resume));
  return true;
}

void Resumptions::run() {
  gathering = nullptr;
  if (gathered_.empty()) return;
  if (gathered_.size() == 1) return gathered_.front()();
  const auto all = std::make_shared<Gathered>();
  all->tasks = std::move(gathered_);
  run_shared(context_, all);
}

}  // namespace slipway::runtime
