// How lives of the worker begin and end.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <slipway/interfaces/plugin.hpp>
#include <utility>

#include "host/isolation/worker_link.hpp"
#include "host/runtime/error_document.hpp"

namespace slipway::isolation {
namespace {

using StateInterface = slipway::plugin::Interface;

// How long a killed process may take to be gone.
constexpr Duration kReap = seconds(1);

std::chrono::nanoseconds time_of(Duration duration) { return std::chrono::nanoseconds(duration.ns); }

slipway_status fill(const Status& status, slipway_blob* error) {
  if (status.ok()) return SLIPWAY_OK;
  auto* text = new std::string(runtime::error_document(status));
  *error = {reinterpret_cast<const std::uint8_t*>(text->data()), text->size(), text,
            [](void* owner) { delete static_cast<std::string*>(owner); }};
  return static_cast<slipway_status>(status.code);
}

}  // namespace

WorkerLink::WorkerLink(LinkSettings settings, runtime::Runtime& runtime, std::unique_ptr<Launcher> launcher,
                       std::shared_ptr<base::Random> random)
    : settings_(std::move(settings)),
      runtime_(runtime),
      launcher_(std::move(launcher)),
      random_(std::move(random)),
      open_(settings_.open_calls, 0),
      policy_(settings_.restart, *random_) {}

WorkerLink::~WorkerLink() = default;

Result<std::vector<std::string>> WorkerLink::open() {
  if (Status status = launch(); !status.ok()) return status;
  return load();
}

Status WorkerLink::launch() {
  auto launched = launcher_->launch();
  if (!launched.ok()) return launched.status();
  const auto made = Connection::make(runtime_.context(), std::move(launched->socket), settings_.connection);
  if (!made.ok()) return made.status();
  const std::shared_ptr<Connection>& fresh = *made;
  {
    const std::lock_guard lock(mutex_);
    // Its process ends with `launched`.
    if (closing_) return {Code::unavailable, "the instance is being stopped"};
    ++life_;
    connection_ = fresh;
    process_ = std::move(launched->process);
    ping_sent_.reset();
    end_reason_.clear();
    checkpoint_.asked = checkpoint_.told = false;
  }
  fresh->listen(shared_from_this());
  return {};
}

Result<std::string> WorkerLink::ask(FrameKind what, std::string_view head, std::string_view payload, FrameKind answer,
                                    Duration patience) {
  std::unique_lock lock(mutex_);
  const auto worker = connection_;
  const std::uint64_t life = life_;
  const auto why = [&] {
    // Why it ended is known a moment later.
    changed_.wait_for(lock, time_of(kReap), [&] { return ended_life_ >= life; });
    return Status(Code::unavailable, "its worker " + (reason_.empty() ? "is not running" : reason_));
  };
  if (!worker) return why();
  awaited_ = answer;
  answer_.reset();
  lock.unlock();
  worker->send(what, what == FrameKind::call ? kRestoreCall : 0, head, payload);
  lock.lock();
  const auto over = [&] { return answer_.has_value() || !connection_ || life_ != life; };
  const bool in_time = changed_.wait_for(lock, time_of(patience), over);
  if (answer_) return *std::exchange(answer_, std::nullopt);
  if (in_time) return why();
  lock.unlock();
  give_up("did not answer within " + to_string(patience));
  return Status(Code::deadline_exceeded, "the worker did not answer within " + to_string(patience));
}

Result<std::vector<std::string>> WorkerLink::load() {
  pid_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (process_) id = process_->id();
  }
  // Made while the new process still comes up.
  const auto setup = settings_.setup(id);
  if (!setup.ok()) return setup.status();
  const auto versions = text_of(std::vector<std::uint32_t>(std::begin(kProtocolVersions), std::end(kProtocolVersions)));
  const auto welcome = ask(FrameKind::hello, versions, {}, FrameKind::welcome, settings_.patience);
  if (!welcome.ok()) return welcome.status();
  std::vector<std::uint32_t> chosen;
  if (!read(*welcome, chosen) || chosen.size() != 1 || highest_common(kProtocolVersions, chosen) == 0) {
    give_up("speaks no protocol of this host's");
    return Status(Code::failed_precondition,
                  "the worker speaks no protocol that this host does; install both of one version");
  }
  const auto answer = ask(FrameKind::setup, text_of(*setup), {}, FrameKind::loaded, settings_.patience);
  if (!answer.ok()) return answer.status();
  Loaded loaded;
  if (!read(*answer, loaded)) return Status(Code::internal, "the worker's answer cannot be read");
  if (loaded.status != SLIPWAY_OK) return Status(static_cast<Code>(loaded.status), loaded.message);
  const std::lock_guard lock(mutex_);
  interfaces_ = loaded.interfaces;
  protections_ = loaded.protections;
  const auto found = std::ranges::find(interfaces_, slipway::plugin::kId);
  if (found != interfaces_.end()) plugin_interface_ = static_cast<std::uint32_t>(found - interfaces_.begin());
  return interfaces_;
}

Status WorkerLink::say_outcome(const Result<std::string>& answer) const {
  if (!answer.ok()) return answer.status();
  Outcome outcome;
  if (!read(*answer, outcome)) return {Code::internal, "the worker's answer cannot be read"};
  if (outcome.status == SLIPWAY_OK) return {};
  return runtime::status_of(outcome.status, outcome.payload, "it gave no reason");
}

slipway_status WorkerLink::create(const slipway_host* host, slipway_span config, slipway_blob* error) {
  {
    const std::lock_guard dispatch(dispatch_);
    host_ = host;
  }
  {
    const std::lock_guard lock(mutex_);
    config_.assign(reinterpret_cast<const char*>(config.data), config.size);
  }
  const Status status = create_in_worker();
  if (!status.ok()) destroy();
  return fill(status, error);
}

Status WorkerLink::create_in_worker() {
  return say_outcome(ask(FrameKind::create, config_, {}, FrameKind::created, settings_.patience));
}

slipway_status WorkerLink::start(slipway_blob* error) {
  const Status status = start_in_worker();
  if (status.ok()) live();
  return fill(status, error);
}

Status WorkerLink::start_in_worker() {
  return say_outcome(ask(FrameKind::start, {}, {}, FrameKind::started, settings_.patience));
}

// The last state that is known, given to the worker before its first call.
Status WorkerLink::restore() {
  Call call{.method = StateInterface::index_of<slipway::plugin::ImportState>(), .budget_ns = settings_.patience.ns};
  std::string state;
  {
    const std::lock_guard lock(mutex_);
    call.interface_index = plugin_interface_;
    state = checkpoint_.state;
  }
  if (state.empty() || call.interface_index == UINT32_MAX) return {};
  return say_outcome(ask(FrameKind::call, head_of(call), state, FrameKind::complete, settings_.patience));
}

void WorkerLink::live() {
  std::uint64_t life = 0;
  {
    const std::lock_guard lock(mutex_);
    // It may have ended in the very moment.
    started_ = connection_ != nullptr;
    ever_started_ = true;
    started_at_ = checkpoint_.at = Clock::now();
    life = life_;
  }
  beat_later(life);
}

void WorkerLink::ended(const std::string& why) {
  std::vector<std::uint64_t> open;
  Duration ran{};
  std::string reason = why;
  {
    const std::lock_guard lock(mutex_);
    connection_.reset();
    if (started_) ran = {(Clock::now() - started_at_).count()};
    started_ = false;
    if (!end_reason_.empty()) reason = end_reason_;
    for (std::uint64_t& id : open_) {
      if (id != 0) open.push_back(std::exchange(id, 0));
    }
    open_count_ = 0;
    state_calls_.clear();
    tokens_.clear();
    all_request_bytes_ = 0;
    requests_ = wakes_ = 0;
    changed_.notify_all();
  }
  // How the process ended is known once it has, and this thread must not wait for that.
  runtime_.blocking().post_always(
      [self = shared_from_this(), reason, open = std::move(open), ran] { self->died(reason, open, ran); });
}

// Ends the process for good and tells how it ended, unless this side knows better.
std::string WorkerLink::reap(std::string why) {
  std::unique_ptr<Process> process;
  {
    const std::lock_guard lock(mutex_);
    process = std::move(process_);
  }
  if (!process) return why;
  // One that has closed its socket has a moment to end by itself, so that its own end is told.
  std::string end = why.empty() ? process->wait(milliseconds(100)) : std::string();
  if (end.empty()) {
    process->kill();
    end = process->wait(kReap);
  }
  return why.empty() ? end : why;
}

void WorkerLink::died(std::string why, const std::vector<std::uint64_t>& open, Duration ran) {
  const std::string reason = reap(std::move(why));
  plan_restart(ran, reason.empty() ? "closed its connection" : reason);
  std::string told;
  {
    const std::lock_guard lock(mutex_);
    told = why_unavailable();
  }
  const std::lock_guard dispatch(dispatch_);
  if (host_ == nullptr) return;
  dispatcher_ = std::this_thread::get_id();
  const std::string document = runtime::error_document({Code::unavailable, told});
  for (const std::uint64_t id : open) complete(id, SLIPWAY_UNAVAILABLE, document.size(), document);
  dispatcher_ = std::thread::id();
}

void WorkerLink::plan_restart(Duration ran, std::string reason) {
  Duration wait{};
  {
    const std::lock_guard lock(mutex_);
    reason_ = std::move(reason);
    ended_life_ = life_;
    changed_.notify_all();
    if (!ever_started_ || draining_ || closing_) return;
    wait = policy_.ended(ran);
    next_start_ = Clock::now() + time_of(wait);
  }
  restart_after(wait);
}

void WorkerLink::restart_after(Duration wait) {
  auto timer = std::make_shared<boost::asio::steady_timer>(runtime_.executor(), time_of(wait));
  timer->async_wait([timer, weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->runtime_.blocking().post_always([self] { self->restart(); });
  });
}

void WorkerLink::restart() {
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || draining_) return;
    ++restarts_;
  }
  Status status = launch();
  // Without a connection nobody else would hear of it.
  if (!status.ok()) return plan_restart({}, "could not be started again: " + status.message);
  const auto interfaces = load();
  status = interfaces.ok() ? create_in_worker() : interfaces.status();
  if (status.ok()) status = start_in_worker();
  if (status.ok()) status = restore();
  if (status.ok()) return live();
  give_up("could not be started again: " + status.message);
}

// From here on it ends as any other end.
void WorkerLink::give_up(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!connection_) return;
  if (end_reason_.empty()) end_reason_ = reason;
  if (process_) process_->kill();
  connection_->close();
}

void WorkerLink::destroy() {
  const bool inside = dispatcher_.load() == std::this_thread::get_id();
  bool ends_by_itself = !inside;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    // A life that is being made anew has served nobody yet, and somebody else waits for its answers.
    if (!connection_ || (ever_started_ && !started_)) ends_by_itself = false;
  }
  if (ends_by_itself) static_cast<void>(ask(FrameKind::destroy, {}, {}, FrameKind::destroyed, settings_.end));
  give_up("was stopped");
  {
    // It holds this as its listener, and would for ever when the runtime ends before it has told its end.
    const std::lock_guard lock(mutex_);
    connection_.reset();
  }
  {
    std::unique_lock dispatch(dispatch_, std::defer_lock);
    if (!inside) dispatch.lock();
    host_ = nullptr;
  }
  if (!inside) reap({});
}

void WorkerLink::beat_later(std::uint64_t life) {
  auto timer = std::make_shared<boost::asio::steady_timer>(runtime_.executor(), time_of(settings_.heartbeat));
  timer->async_wait([timer, life, weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->beat(life);
  });
}

void WorkerLink::beat(std::uint64_t life) {
  std::shared_ptr<Connection> worker;
  {
    const std::lock_guard lock(mutex_);
    if (life != life_ || !connection_ || closing_) return;
    const auto now = Clock::now();
    if (ping_sent_ && now - *ping_sent_ < time_of(settings_.hang)) {
      worker = nullptr;
    } else if (!ping_sent_) {
      worker = connection_;
      ping_sent_ = now;
      ++ping_;
    } else {
      end_reason_ = "did not react for " + to_string(settings_.hang);
      if (process_) process_->kill();
      connection_->close();
      return;
    }
  }
  if (worker) {
    worker->send(FrameKind::ping, ping_);
    take_checkpoint(*worker);
  }
  beat_later(life);
}

void WorkerLink::take_checkpoint(Connection& worker) {
  Call call{.method = StateInterface::index_of<slipway::plugin::ExportState>(), .budget_ns = settings_.patience.ns};
  {
    const std::lock_guard lock(mutex_);
    const bool due = settings_.checkpoint.ns > 0 && Clock::now() - checkpoint_.at >= time_of(settings_.checkpoint);
    // Two calls with one id would be open.
    if (!due || checkpoint_.asked || !started_ || plugin_interface_ == UINT32_MAX) return;
    checkpoint_.at = Clock::now();
    checkpoint_.asked = true;
    call.interface_index = plugin_interface_;
  }
  if (worker.send(FrameKind::call, kCheckpointCall, head_of(call), "{}") != Connection::Sent::full) return;
  const std::lock_guard lock(mutex_);
  checkpoint_.asked = false;
}

std::string WorkerLink::why_unavailable() const { return "its worker " + why_down(); }

std::string WorkerLink::why_down() const {
  if (closing_ || draining_) return reason_.empty() ? "is being stopped" : reason_;
  if (reason_.empty()) return "is being started";
  const auto left = next_start_ - Clock::now();
  // Whole milliseconds, so that a person can read it.
  const Duration wait = milliseconds(std::max<std::int64_t>(0, left / std::chrono::milliseconds(1)));
  std::string text = reason_;
  if (policy_.open()) text += ", " + std::to_string(policy_.crashes()) + " times in a row";
  return text + "; the next start is in " + to_string(wait);
}

WorkerStatus WorkerLink::status() const {
  const std::lock_guard lock(mutex_);
  WorkerStatus status{.process = process_ ? process_->id() : 0, .restarts = restarts_, .protections = protections_};
  if (closing_) {
    status.state = WorkerState::stopped;
  } else if (started_) {
    status.state = WorkerState::running;
  } else if (ever_started_) {
    status.state = policy_.open() ? WorkerState::broken : WorkerState::restarting;
  }
  if (!reason_.empty()) status.reason = started_ ? reason_ : why_down();
  return status;
}

std::string WorkerLink::last_state() const {
  const std::lock_guard lock(mutex_);
  return checkpoint_.state;
}

}  // namespace slipway::isolation
