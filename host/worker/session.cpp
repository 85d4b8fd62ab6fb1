#include "host/worker/session.hpp"

#include <algorithm>
#include <chrono>
#include <slipway/json.hpp>
#include <string>

#include "host/loader/descriptor.hpp"
#include "host/loader/table_checks.hpp"
#include "host/worker/lifeline.hpp"
#include "host/worker/sandbox.hpp"

namespace slipway::worker {
namespace {

using isolation::Frame;
using isolation::FrameKind;

constexpr std::pair<std::uint32_t, std::uint32_t> kReplyTurn{UINT32_MAX, 0};
constexpr std::pair<std::uint32_t, std::uint32_t> kWakeTurn{UINT32_MAX, 1};
// A turn that takes longer must not keep the answers before it from the host.
constexpr std::chrono::microseconds kShort{50};

slipway_span span(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

slipway_call call_of(const isolation::Call& call, std::uint64_t id) {
  return {.size = sizeof(slipway_call),
          .interface_index = call.interface_index,
          .method = call.method,
          .reserved = 0,
          .id = id,
          .budget_ns = call.budget_ns,
          .payload = span(call.payload),
          .traceparent = span(call.traceparent),
          .tenant = span(call.tenant),
          .subject = span(call.subject),
          .roles = span(call.roles)};
}

slipway_blob blob_of(std::string text) {
  auto* owner = new std::string(std::move(text));
  return {reinterpret_cast<const std::uint8_t*>(owner->data()), owner->size(), owner,
          [](void* it) { delete static_cast<std::string*>(it); }};
}

slipway_blob error_of(std::string_view message) {
  return blob_of(to_text({{"message", message}, {"problems", Json::array()}}));
}

}  // namespace

void Session::run() {
  Frame message;
  while (channel_.next(message)) {
    if (before_message) before_message();
    const Goes goes = handle(message);
    if (after_message) after_message();
    if (goes == Goes::to_the_end) return;
  }
}

Session::Goes Session::handle(const Frame& message) {
  switch (message.kind) {
    case FrameKind::hello:
      welcome(message);
      return Goes::on;
    case FrameKind::setup:
      load(message);
      return Goes::on;
    case FrameKind::create:
      create(message);
      return Goes::on;
    case FrameKind::ping:
      channel_.send(FrameKind::pong, message.id);
      return Goes::on;
    case FrameKind::destroy:
      destroy();
      return Goes::to_the_end;
    default:
      return instance_ != nullptr ? handle_running(message) : Goes::to_the_end;
  }
}

Session::Goes Session::handle_running(const Frame& message) {
  switch (message.kind) {
    case FrameKind::start:
      start();
      return Goes::on;
    case FrameKind::call:
      call(message);
      return Goes::on;
    case FrameKind::cancel:
      cancel(message.id);
      return Goes::on;
    case FrameKind::reply: {
      isolation::Outcome outcome;
      if (!read(message.body, outcome)) return Goes::to_the_end;
      on_strand(kReplyTurn, [this, token = message.id, status = outcome.status, text = std::string(outcome.payload)] {
        table_->on_reply(instance_, token, status, span(text));
      });
      return Goes::on;
    }
    case FrameKind::woken:
      on_strand(kWakeTurn, [this, token = message.id] { table_->on_wake(instance_, token); });
      return Goes::on;
    case FrameKind::quiesce:
      on_strand(kWakeTurn, [this] { table_->quiesce(instance_); });
      channel_.send(FrameKind::quiesced, 0);
      return Goes::on;
    default:
      return Goes::to_the_end;
  }
}

void Session::welcome(const Frame& message) {
  std::vector<std::uint32_t> versions;
  if (!isolation::read(message.body, versions)) versions.clear();
  const std::uint32_t chosen = isolation::highest_common(isolation::kProtocolVersions, versions);
  channel_.send(FrameKind::welcome, 0, isolation::text_of(std::vector<std::uint32_t>{chosen}));
}

void Session::load(const Frame& message) {
  isolation::Loaded loaded;
  Status status(Code::invalid_argument, "the host's setup cannot be read");
  if (table_ == nullptr && read(message.body, setup_)) {
    channel_.limit({.message_bytes = std::max(setup_.call_bytes, setup_.reply_bytes),
                    .total_bytes = UINT64_MAX,
                    .messages = 2 * setup_.open_calls});
    loaded.protections = confine(setup_, library_);
    // Not before: a process with two threads can't have a user namespace of its own.
    end_with_socket(channel_.socket());
    status = map(setup_, loaded);
  }
  loaded.status = static_cast<std::int32_t>(status.code);
  loaded.message = status.message;
  channel_.send(FrameKind::loaded, 0, text_of(loaded));
}

Status Session::map(const isolation::Setup& setup, isolation::Loaded& loaded) {
  // By the descriptor: whatever the name leads to now, these are the bytes that were verified.
  auto mapping = loader::Mapping::map("/proc/self/fd/" + std::to_string(library_));
  if (!mapping.ok()) return mapping.status();
  mapping_ = std::move(*mapping);
  const auto entry = reinterpret_cast<slipway_plugin_entry_fn>(mapping_->symbol(SLIPWAY_PLUGIN_ENTRY));
  if (entry == nullptr) return {Code::failed_precondition, "its entry symbol can't be bound"};
  for (auto& one : confine_further(setup)) loaded.protections.push_back(std::move(one));
  const loader::HostVersion host{setup.abi_major, setup.abi_minor};
  const auto table = loader::ask_entry(entry, host);
  if (!table.ok()) return table.status();
  if (Status status = loader::check_table(**table, host); !status.ok()) return status;
  table_ = *table;
  loaded.interfaces = loader::interfaces_of(*table_);
  return {};
}

void Session::create(const Frame& message) {
  slipway_blob error{};
  slipway_status status = SLIPWAY_INTERNAL;
  if (table_ == nullptr || instance_ != nullptr) {
    error = error_of("there is nothing to create");
    return tell(FrameKind::created, 0, status, error);
  }
  host_.emplace(channel_, calls_, PluginHostLimits{setup_.reply_bytes, setup_.request_bytes});
  if (setup_.threading == isolation::WorkerThreading::blocking) {
    strand_ = std::make_unique<WorkPool>(1);
    pool_ = std::make_unique<WorkPool>(setup_.blocking_threads);
  }
  try {
    status = table_->create(&host_->table(), span(message.body), &instance_, &error);
    if (status != SLIPWAY_OK) instance_ = nullptr;
    if (status == SLIPWAY_OK && instance_ == nullptr) {
      status = SLIPWAY_INTERNAL;
      error = error_of("its create function gave no instance");
    }
  } catch (...) {
    error = error_of("an exception left its create function");
  }
  tell(FrameKind::created, 0, status, error);
}

void Session::start() {
  slipway_blob error{};
  slipway_status status = SLIPWAY_INTERNAL;
  try {
    status = table_->start(instance_, &error);
  } catch (...) {
    error = error_of("an exception left its start function");
  }
  tell(FrameKind::started, 0, status, error);
}

void Session::tell(FrameKind kind, std::uint64_t id, slipway_status status, slipway_blob& error) {
  const std::string_view text(reinterpret_cast<const char*>(error.data), error.data == nullptr ? 0 : error.size);
  channel_.send(kind, id, head_of(isolation::Outcome{status, text.size(), {}}), text);
  if (error.release != nullptr) error.release(error.owner);
}

template <class Work>
void Session::take_turn(Turn turn, Clock::time_point begun, const Work& work) {
  bool& is_short = short_[turn];
  if (!is_short) {
    channel_.flush();
    // Writing may have waited for the host.
    begun = Clock::now();
  }
  work();
  is_short = Clock::now() - begun < kShort;
}

void Session::call(const Frame& message) {
  isolation::Call call;
  if (!read(message.body, call)) {
    slipway_blob error = error_of("the call cannot be read");
    return tell(FrameKind::complete, message.id, SLIPWAY_INTERNAL, error);
  }
  const auto now = Clock::now();
  calls_.begin(message.id, now, call.budget_ns);
  if (pool_) return call_on_pool(call, message.id);
  take_turn({call.interface_index, call.method}, now, [&] { invoke(call, message.id); });
}

void Session::call_on_pool(const isolation::Call& call, std::uint64_t id) {
  // A copy whose views lie in texts of its own.
  struct Copy {
    std::string payload, traceparent, tenant, subject, roles;
    isolation::Call call;
  };
  auto copy = std::make_shared<Copy>();
  *copy = {std::string(call.payload), std::string(call.traceparent), std::string(call.tenant),
           std::string(call.subject), std::string(call.roles),       call};
  copy->call.payload = copy->payload;
  copy->call.traceparent = copy->traceparent;
  copy->call.tenant = copy->tenant;
  copy->call.subject = copy->subject;
  copy->call.roles = copy->roles;
  pool_->post([this, copy, id] {
    if (!calls_.is_cancelled(id)) return invoke(copy->call, id);
    calls_.end(id);
    slipway_blob error = error_of("the caller gave up while the call waited for a thread");
    tell(FrameKind::complete, id, SLIPWAY_CANCELLED, error);
  });
}

void Session::invoke(const isolation::Call& call, std::uint64_t id) {
  const slipway_call made = call_of(call, id);
  table_->invoke(instance_, &made);
}

void Session::cancel(std::uint64_t id) {
  if (calls_.cancel(id)) table_->cancel(instance_, id);
}

void Session::on_strand(Turn turn, std::function<void()> work) {
  if (strand_) return strand_->post(std::move(work));
  take_turn(turn, Clock::now(), work);
}

void Session::destroy() {
  if (pool_) pool_->finish();
  if (strand_) strand_->finish();
  if (instance_ != nullptr) table_->destroy(std::exchange(instance_, nullptr));
  channel_.send(FrameKind::destroyed, 0);
  channel_.flush();
}

}  // namespace slipway::worker
