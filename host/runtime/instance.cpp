#include "host/runtime/instance.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "host/runtime/error_document.hpp"
#include "host/runtime/one_shot.hpp"

namespace slipway::runtime {
namespace {

// A call gives its slot back without telling anybody, because that is its fast path; so an ending looks again: soon, as
// most calls end soon and others may have to wait for this, then more and more seldom.
class LookAgain {
 public:
  explicit LookAgain(const boost::asio::any_io_executor& executor) : timer_(executor) {}
  boost::asio::awaitable<void> wait() {
    timer_.expires_after(pause_);
    pause_ = std::min(2 * pause_, kLongest);
    co_await timer_.async_wait(boost::asio::use_awaitable);
  }

 private:
  static constexpr std::chrono::microseconds kLongest{2000};
  boost::asio::steady_timer timer_;
  std::chrono::microseconds pause_{50};
};

std::string_view view(const slipway_blob& blob) {
  return blob.data == nullptr ? std::string_view()
                              : std::string_view(reinterpret_cast<const char*>(blob.data), blob.size);
}

}  // namespace

Result<std::shared_ptr<Instance>> Instance::create(Runtime& runtime, const slipway_plugin& table,
                                                   std::shared_ptr<const void> library, InstanceSettings settings,
                                                   std::shared_ptr<HostSink> sink) {
  std::shared_ptr<Instance> instance(
      new Instance(runtime, table, std::move(library), std::move(settings), std::move(sink)));
  instance->calls_.bind(instance);
  if (Status status = instance->make(); !status.ok()) return status;
  instance->strand_->release();
  return instance;
}

Instance::~Instance() {
  strand_->close();
  const bool alive = instance_ != nullptr && state_.exchange(State::stopped) != State::stopped;
  if (alive) table_.destroy(instance_);
}

Status Instance::make() {
  slipway_blob error{};
  slipway_status status = SLIPWAY_INTERNAL;
  const slipway_span config{reinterpret_cast<const std::uint8_t*>(settings_.config.data()), settings_.config.size()};
  try {
    status = settings_.make ? settings_.make(&host_, config, &instance_, &error)
                            : table_.create(&host_, config, &instance_, &error);
  } catch (...) {
    return {Code::internal, settings_.name + ": an exception left the create function of " + settings_.plugin};
  }
  if (status != SLIPWAY_OK) instance_ = nullptr;
  if (status == SLIPWAY_OK && instance_ == nullptr) {
    return {Code::internal, settings_.name + ": the create function of " + settings_.plugin + " gave no instance"};
  }
  return say(status, error, "create");
}

Status Instance::say(slipway_status status, slipway_blob& error, std::string_view what) const {
  Status result;
  if (status != SLIPWAY_OK) {
    result = status_of(status, view(error), settings_.plugin + " gave no reason for refusing to " + std::string(what));
    result.message.insert(0, settings_.name + ": ");
  }
  if (error.release != nullptr) error.release(error.owner);
  return result;
}

boost::asio::awaitable<Status> Instance::start(Duration patience) {
  return on_strand(&Instance::run_start, "start", patience);
}

boost::asio::awaitable<Status> Instance::quiesce(Duration patience) {
  return on_strand(&Instance::run_quiesce, "quiesce", patience);
}

Status Instance::run_start() {
  if (state() != State::created) return {Code::failed_precondition, settings_.name + ": it was started before"};
  slipway_blob error{};
  try {
    // While start runs the instance may call complete and the rest as if it had started: its threads are running.
    state_ = State::started;
    const slipway_status status = table_.start(instance_, &error);
    if (status == SLIPWAY_OK) calls_.open();
    if (status != SLIPWAY_OK) state_ = State::created;
    return say(status, error, "start");
  } catch (...) {
    state_ = State::created;
    return {Code::internal, settings_.name + ": an exception left the start function of " + settings_.plugin};
  }
}

Status Instance::run_quiesce() {
  if (state() != State::started) return {};
  state_ = State::draining;
  table_.quiesce(instance_);
  return {};
}

boost::asio::awaitable<Status> Instance::on_strand(Status (Instance::*work)(), std::string_view what,
                                                   Duration patience) {
  auto done = std::make_shared<OneShot<Status>>();
  strand_->post(Lane::blocking, [self = shared_from_this(), work, done] { done->deliver(((*self).*work)()); });
  boost::asio::steady_timer timer(runtime_.executor(), std::chrono::nanoseconds(patience.ns));
  timer.async_wait([done, late = not_returned(what, patience)](const boost::system::error_code& error) {
    if (!error) done->deliver(late);
  });
  co_return co_await done->wait();
}

Status Instance::not_returned(std::string_view what, Duration patience) const {
  return {Code::deadline_exceeded, settings_.name + ": " + std::string(what) + " of " + settings_.plugin +
                                       " did not return within " + to_string(patience)};
}

boost::asio::awaitable<bool> Instance::idle(Duration patience) {
  LookAgain look_again(co_await boost::asio::this_coro::executor);
  const Deadline deadline = deadline_in(patience.ns);
  while (open_calls() > 0) {
    if (remaining_ns(deadline) == 0) co_return false;
    co_await look_again.wait();
  }
  co_return true;
}

boost::asio::awaitable<Status> Instance::stop(StopSettings settings) {
  const auto self = shared_from_this();
  const Status quiet = co_await quiesce(settings.patience);
  bool drained = co_await idle(settings.drain);
  calls_.close();
  // A call may have come between the last look and the closing.
  if (drained) drained = co_await idle(settings.drain);
  if (!drained) {
    calls_.each_open([](void* me, std::uint64_t id) { static_cast<Instance*>(me)->abandon(id); }, this);
    co_await idle(settings.cancel);
  }
  calls_.give_up_all();
  const Status destroyed = co_await destroy(settings.patience);
  if (destroyed.ok()) co_return quiet;
  // A quiesce that hangs is why destroy had no turn.
  const Status& first = quiet.ok() ? destroyed : quiet;
  co_return Status(first.code, first.message + "; it stays loaded");
}

boost::asio::awaitable<Status> Instance::destroy(Duration patience) {
  auto done = std::make_shared<OneShot<Status>>();
  const Deadline deadline = deadline_in(patience.ns);
  ended_.store(true);
  LookAgain look_again(co_await boost::asio::this_coro::executor);
  // Calls that a caller's thread is still passing in, answers that somebody still reads.
  while (inside_.load() > 0 || open_calls() > 0) {
    if (remaining_ns(deadline) == 0) co_return not_returned("code", patience);
    co_await look_again.wait();
  }
  co_return co_await on_strand(&Instance::run_destroy, "destroy", patience);
}

Status Instance::run_destroy() {
  if (state_.exchange(State::stopped) == State::stopped) return {};
  table_.destroy(instance_);
  strand_->close();
  return {};
}

}  // namespace slipway::runtime
