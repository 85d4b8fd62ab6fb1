// What passes through the link while a worker lives.
#include "host/isolation/worker_link.hpp"

#include <cstring>
#include <slipway/interfaces/plugin.hpp>
#include <utility>

#include "host/runtime/error_document.hpp"

namespace slipway::isolation {
namespace {

using StateInterface = slipway::plugin::Interface;
constexpr std::uint32_t kExport = StateInterface::index_of<slipway::plugin::ExportState>();
constexpr std::uint32_t kImport = StateInterface::index_of<slipway::plugin::ImportState>();

std::string_view view(slipway_span span) {
  return span.size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(span.data), span.size);
}

slipway_span span(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// A payload that was too large to be sent is known by its size alone.
bool is_whole(const Outcome& outcome) { return outcome.payload.size() == outcome.size; }

slipway_blob blob_of(std::string_view payload, std::uint64_t size) {
  if (payload.size() != size || payload.empty()) return {nullptr, size, nullptr, nullptr};
  auto* bytes = new std::uint8_t[payload.size()];
  std::memcpy(bytes, payload.data(), payload.size());
  return {bytes, size, bytes, [](void* owner) { delete[] static_cast<std::uint8_t*>(owner); }};
}

Status unknown_message(FrameKind kind) {
  return {Code::invalid_argument,
          "sent a message that cannot be read (kind " + std::to_string(static_cast<unsigned>(kind)) + ")"};
}

}  // namespace

std::shared_ptr<Connection> WorkerLink::connection() const {
  const std::lock_guard lock(mutex_);
  return connection_;
}

void WorkerLink::invoke(const slipway_call& call) {
  const Call message{call.interface_index, call.method,        call.budget_ns,   view(call.traceparent),
                     view(call.tenant),    view(call.subject), view(call.roles), view(call.payload)};
  if (call.payload.size > settings_.call_bytes) {
    return refuse(call.id, {Code::resource_exhausted, "the call has " + std::to_string(call.payload.size) +
                                                          " bytes, its worker takes at most " +
                                                          std::to_string(settings_.call_bytes)});
  }
  std::shared_ptr<Connection> worker;
  auto urgency = Connection::Urgency::now;
  std::string refusal;
  {
    const std::lock_guard lock(mutex_);
    if (started_ && connection_) {
      worker = connection_;
      if (open_count_++ > 0) urgency = Connection::Urgency::batch;
      slot_of(call.id) = call.id;
      const bool state = call.interface_index == plugin_interface_ && call.method >= kExport;
      if (state) state_calls_[call.id] = {call.method, std::string(message.payload)};
    } else {
      refusal = why_unavailable();
    }
  }
  if (!worker) return refuse(call.id, {Code::unavailable, refusal});
  const auto sent = worker->send(FrameKind::call, call.id, head_of(message), message.payload, urgency);
  if (sent != Connection::Sent::full || !take_back(call.id)) return;
  refuse(call.id, {Code::resource_exhausted, too_much_waits()});
}

std::string WorkerLink::too_much_waits() const {
  return "more than " + std::to_string(settings_.connection.outbox_bytes) +
         " bytes would wait for its worker, the most that may";
}

void WorkerLink::refuse(std::uint64_t id, const Status& status) {
  const std::string document = runtime::error_document(status);
  complete(id, static_cast<slipway_status>(status.code), document.size(), document);
}

void WorkerLink::cancel(std::uint64_t call_id) {
  std::shared_ptr<Connection> worker;
  {
    const std::lock_guard lock(mutex_);
    if (slot_of(call_id) == call_id) worker = connection_;
  }
  if (!worker) return;
  if (!worker->withdraw(FrameKind::call, call_id)) {
    worker->send(FrameKind::cancel, call_id);
  } else if (take_back(call_id)) {
    complete(call_id, SLIPWAY_CANCELLED, 0, {});
  }
}

void WorkerLink::on_reply(std::uint64_t token, slipway_status status, slipway_span payload) {
  const auto theirs = plugin_token(token);
  const auto worker = connection();
  if (!theirs || !worker) return;
  const auto answer = [&](slipway_status how, std::string_view document) {
    return worker->send(FrameKind::reply, *theirs, head_of(Outcome{how, document.size(), {}}), document,
                        Connection::Urgency::batch);
  };
  auto sent = answer(status, view(payload));
  if (sent == Connection::Sent::full)
    sent = answer(SLIPWAY_RESOURCE_EXHAUSTED, runtime::error_document({Code::resource_exhausted, too_much_waits()}));
  // The plugin would wait for it for ever.
  if (sent == Connection::Sent::full) give_up("did not take what was sent to it");
}

void WorkerLink::on_wake(std::uint64_t token) {
  const auto theirs = plugin_token(token);
  const auto worker = connection();
  if (!theirs || !worker) return;
  const auto sent = worker->send(FrameKind::woken, *theirs, {}, {}, Connection::Urgency::batch);
  if (sent == Connection::Sent::full) give_up("did not take what was sent to it");
}

// The host's own calls go through here even when the dispatcher's lock is not held: they come from inside invoke or
// cancel, during which the host does not let the instance go.
void WorkerLink::complete(std::uint64_t id, slipway_status status, std::uint64_t size, std::string_view payload) {
  host_->complete(host_->context, id, status, blob_of(payload, size));
}

bool WorkerLink::take_open_locked(std::uint64_t id) {
  if (id == 0 || slot_of(id) != id) return false;
  slot_of(id) = 0;
  --open_count_;
  return true;
}

// One that the worker has not seen.
bool WorkerLink::take_back(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  if (!take_open_locked(id)) return false;
  state_calls_.erase(id);
  return true;
}

// Nothing when there are as many as the host takes: it would drop one more without a word.
std::optional<std::uint64_t> WorkerLink::own_token(Asked asked, std::uint64_t token, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  std::uint32_t& open = asked == Asked::wake ? wakes_ : requests_;
  if (open >= (asked == Asked::wake ? settings_.wakes : settings_.requests)) return std::nullopt;
  ++open;
  tokens_[++last_token_] = {asked, life_, token, bytes};
  all_request_bytes_ += bytes;
  return last_token_;
}

std::optional<std::uint64_t> WorkerLink::plugin_token(std::uint64_t own) {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.extract(own);
  if (found.empty()) return std::nullopt;
  --(found.mapped().asked == Asked::wake ? wakes_ : requests_);
  all_request_bytes_ -= found.mapped().bytes;
  if (found.mapped().life != life_) return std::nullopt;
  return found.mapped().token;
}

Result<Listener::Weight> WorkerLink::heard(const Frame& message) {
  const std::lock_guard lock(dispatch_);
  // Relaxed: it is held against the reader's own id alone.
  dispatcher_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  auto weight = hear(message);
  dispatcher_.store({}, std::memory_order_relaxed);
  return weight;
}

Result<Listener::Weight> WorkerLink::hear(const Frame& message) {
  switch (message.kind) {
    case FrameKind::welcome:
    case FrameKind::loaded:
    case FrameKind::created:
    case FrameKind::started:
    case FrameKind::destroyed:
      return answered(message.kind, message.body);
    case FrameKind::quiesced:
      return Weight::unasked;
    case FrameKind::pong: {
      const std::lock_guard lock(mutex_);
      if (!ping_sent_ || message.id != ping_) return Weight::unasked;
      ping_sent_.reset();
      return Weight::expected;
    }
    default:
      return hear_plugin(message);
  }
}

// What the plugin says to the host. Before create and after destroy there is nobody who would listen.
Result<Listener::Weight> WorkerLink::hear_plugin(const Frame& message) {
  if (host_ == nullptr) return Weight::unasked;
  switch (message.kind) {
    case FrameKind::complete:
      if (message.id == kRestoreCall) return answered(message.kind, message.body);
      if (Outcome outcome; read(message.body, outcome)) return on_complete(message.id, outcome);
      break;
    case FrameKind::request:
      if (Request request; read(message.body, request)) {
        on_request(message.id, request);
        return Weight::unasked;
      }
      break;
    case FrameKind::wake:
      if (const auto own = own_token(Asked::wake, message.id, 0)) host_->wake(host_->context, *own);
      return Weight::unasked;
    case FrameKind::log:
      if (LogRecord record; read(message.body, record)) {
        host_->log(host_->context, record.level, span(record.message), span(record.fields));
        return Weight::unasked;
      }
      break;
    case FrameKind::metric:
      if (Sample sample; read(message.body, sample)) {
        host_->metric(host_->context, sample.kind, span(sample.name), span(sample.labels), sample.value);
        return Weight::unasked;
      }
      break;
    default:
      break;
  }
  return unknown_message(message.kind);
}

Listener::Weight WorkerLink::on_complete(std::uint64_t id, const Outcome& outcome) {
  if (id == kCheckpointCall) return on_checkpoint(outcome);
  const bool open = take_answered(id, outcome);
  // Also one that was never asked for: the host counts those.
  complete(id, outcome.status, outcome.size, outcome.payload);
  return open ? Weight::expected : Weight::unasked;
}

// Where the state is too large to be sent the last one is kept.
Listener::Weight WorkerLink::on_checkpoint(const Outcome& outcome) {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(checkpoint_.asked, false)) return Weight::unasked;
    if (outcome.status == SLIPWAY_OK && is_whole(outcome)) checkpoint_.state = outcome.payload;
    tell = !is_whole(outcome) && !std::exchange(checkpoint_.told, true);
  }
  if (tell) {
    settings_.warn(
        "its state has " + std::to_string(outcome.size) +
        " bytes, more than a reply may have: should its worker end, the next one begins with an older state");
  }
  return Weight::expected;
}

bool WorkerLink::take_answered(std::uint64_t id, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  if (!take_open_locked(id)) return false;
  if (!state_calls_.empty()) note_state_locked(id, outcome);
  return true;
}

void WorkerLink::note_state_locked(std::uint64_t id, const Outcome& outcome) {
  auto call = state_calls_.extract(id);
  if (call.empty() || outcome.status != SLIPWAY_OK) return;
  if (call.mapped().method == kImport) checkpoint_.state = std::move(call.mapped().payload);
  if (call.mapped().method == kExport && is_whole(outcome)) checkpoint_.state = outcome.payload;
}

void WorkerLink::on_request(std::uint64_t token, const Request& request) {
  const auto own = own_token(Asked::request, token, request.payload.size());
  if (!own) return;
  if (const Status refused = refusal_of(request); !refused.ok()) {
    const std::string document = runtime::error_document(refused);
    on_reply(*own, static_cast<slipway_status>(refused.code), span(document));
  } else {
    host_->request(host_->context, span(request.service), span(request.method), *own, span(request.payload),
                   request.budget_ns);
  }
}

Status WorkerLink::refusal_of(const Request& request) const {
  // In the words that the host has for an instance of its own.
  if (request.size > request.payload.size())
    return {Code::invalid_argument, "the request has " + std::to_string(request.size) + " bytes, at most " +
                                        std::to_string(settings_.request_bytes) + " are allowed"};
  const std::lock_guard lock(mutex_);
  if (all_request_bytes_ <= settings_.all_request_bytes) return {};
  return {Code::resource_exhausted, "the requests without an answer have more than " +
                                        std::to_string(settings_.all_request_bytes) +
                                        " bytes together, the most that a worker's may have"};
}

Listener::Weight WorkerLink::answered(FrameKind kind, std::string_view body) {
  const std::lock_guard lock(mutex_);
  if (kind != awaited_) return Weight::unasked;
  awaited_ = kNothing;
  answer_ = body;
  changed_.notify_all();
  return Weight::expected;
}

void WorkerLink::quiesce() {
  std::shared_ptr<Connection> worker;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    worker = connection_;
  }
  if (worker) worker->send(FrameKind::quiesce, 0);
}

}  // namespace slipway::isolation
