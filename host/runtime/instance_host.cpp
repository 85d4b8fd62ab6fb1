// The host's table as one instance sees it.
#include "host/runtime/error_document.hpp"
#include "host/runtime/instance.hpp"

namespace slipway::runtime {
namespace {

std::string_view text_of(slipway_span span) {
  if (span.data == nullptr) return {};
  return {reinterpret_cast<const char*>(span.data), span.size};
}

// Room in a blocking instance's pool for its strand. Beside the open calls there are those whose callers have gone
// while they waited for a thread: as many again, then calls are refused.
constexpr std::uint32_t kOwnTasks = 64;

slipway_span span_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

// Plain functions, since the table is C.
struct HostTable {
  static Instance& of(void* context) { return *static_cast<Instance*>(context); }

  static void complete(void* context, std::uint64_t call_id, slipway_status status, slipway_blob payload) {
#ifndef NDEBUG
    of(context).check_running("complete");
#endif
    of(context).calls_.complete(call_id, status, payload);
  }
  static std::uint32_t is_cancelled(void* context, std::uint64_t call_id) {
#ifndef NDEBUG
    of(context).check_running("is_cancelled");
#endif
    return of(context).calls_.is_cancelled(call_id) ? 1 : 0;
  }
  static void request(void* context, slipway_span service, slipway_span method, std::uint64_t token,
                      slipway_span payload, std::int64_t budget_ns) {
    of(context).request(
        {std::string(text_of(service)), std::string(text_of(method)), std::string(text_of(payload)), budget_ns}, token);
  }
  static void wake(void* context, std::uint64_t token) { of(context).wake(token); }
  static void log(void* context, std::uint32_t level, slipway_span message, slipway_span fields) {
    of(context).sink_->log(level, text_of(message), text_of(fields));
  }
  static void metric(void* context, std::uint32_t kind, slipway_span name, slipway_span labels, double value) {
    of(context).sink_->metric(kind, text_of(name), text_of(labels), value);
  }
};

Instance::Instance(Runtime& runtime, const slipway_plugin& table, std::shared_ptr<const void> library,
                   InstanceSettings settings, std::shared_ptr<HostSink> sink)
    : runtime_(runtime),
      table_(table),
      library_(std::move(library)),
      settings_(std::move(settings)),
      sink_(std::move(sink)),
      calls_(
          runtime.executor(),
          {.slots = settings_.limits.open_calls,
           .reply_bytes = settings_.limits.reply_bytes,
           .tag = runtime.next_instance_tag()},
          [](void* self, std::uint64_t id) { static_cast<Instance*>(self)->abandon(id); }, this),
      own_pool_(settings_.threading == Threading::blocking
                    ? runtime.make_pool({.name = settings_.name,
                                         .threads = settings_.limits.blocking_threads,
                                         .limit = 2 * settings_.limits.open_calls + kOwnTasks})
                    : nullptr),
      strand_(std::make_shared<Strand>(runtime.executor(), own_pool_ ? *own_pool_ : runtime.blocking())) {
  for (std::uint32_t i = 0; i < table.interface_count; ++i) interfaces_.emplace_back(text_of(table.interfaces[i]));
  host_ = {.size = sizeof(slipway_host),
           .abi_minor = SLIPWAY_ABI_MINOR,
           .context = this,
           .complete = &HostTable::complete,
           .is_cancelled = &HostTable::is_cancelled,
           .request = &HostTable::request,
           .wake = &HostTable::wake,
           .log = &HostTable::log,
           .metric = &HostTable::metric};
}

void Instance::request(HostRequest request, std::uint64_t token) {
  const std::uint32_t outstanding = requests_.fetch_add(1) + 1;
  // A refusal waits for the strand like any other answer, so refusals need a bound too.
  if (state() == State::stopped || outstanding > 2 * settings_.limits.requests) {
    requests_.fetch_sub(1);
    return breach("request without end: it was dropped");
  }
  Answerer answer(weak_from_this(), token);
  if (outstanding > settings_.limits.requests) {
    return answer.fail({Code::resource_exhausted, "instance \"" + settings_.name + "\" has " +
                                                      std::to_string(settings_.limits.requests) +
                                                      " requests without an answer, the most that it may have"});
  }
  if (request.payload.size() > settings_.limits.request_bytes) {
    return answer.fail({Code::invalid_argument, "the request has " + std::to_string(request.payload.size()) +
                                                    " bytes, at most " +
                                                    std::to_string(settings_.limits.request_bytes) + " are allowed"});
  }
  sink_->request(std::move(request), std::move(answer));
}

void Instance::answer(std::uint64_t token, slipway_status status, std::string payload) {
  if (payload.size() > settings_.limits.answer_bytes) {
    status = SLIPWAY_RESOURCE_EXHAUSTED;
    payload =
        error_document({Code::resource_exhausted,
                        "the answer to the request has " + std::to_string(payload.size()) + " bytes, at most " +
                            std::to_string(settings_.limits.answer_bytes) + " are allowed; ask for less at a time"});
  }
  strand_->post(lane(), [self = shared_from_this(), token, status, payload = std::move(payload)] {
    self->requests_.fetch_sub(1);
    self->table_.on_reply(self->instance_, token, status, span_of(payload));
  });
}

void Instance::wake(std::uint64_t token) {
  const auto self = weak_from_this().lock();
  const bool full = wakes_.fetch_add(1) >= settings_.limits.wakes;
  if (!self || full || state() == State::stopped) {
    wakes_.fetch_sub(1);
    return breach(full ? "wake, with its queue full: it was dropped" : "wake after its end: it was dropped");
  }
  strand_->post(lane(), [self, token] {
    self->wakes_.fetch_sub(1);
    self->table_.on_wake(self->instance_, token);
  });
}

void Instance::check_running(std::string_view function) {
  const State now = state();
  if (now == State::started || now == State::draining) return;
  breach(std::string(function) + (now == State::created ? " before its start" : " after its end"));
}

void Instance::breach(std::string_view what) {
  // The first ones tell what is wrong; more would only fill the log.
  constexpr std::uint64_t kLogged = 10;
  if (breaches_.fetch_add(1) >= kLogged) return;
  sink_->host_log(SLIPWAY_LOG_ERROR, "the plugin called " + std::string(what));
}

Answerer::~Answerer() {
  if (const auto instance = instance_.lock()) {
    instance->answer(token_, SLIPWAY_UNAVAILABLE, R"({"message":"the host dropped the request","problems":[]})");
  }
}

void Answerer::succeed(std::string payload) { send(SLIPWAY_OK, std::move(payload)); }

void Answerer::fail(const Status& status) { send(static_cast<slipway_status>(status.code), error_document(status)); }

void Answerer::send(slipway_status status, std::string payload) {
  const auto instance = instance_.lock();
  instance_.reset();
  if (instance) instance->answer(token_, status, std::move(payload));
}

}  // namespace slipway::runtime
