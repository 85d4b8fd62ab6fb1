#include "tools/kit/host.hpp"

#include <algorithm>
#include <cmath>
#include <slipway/json.hpp>
#include <utility>

#include "tools/kit/services.hpp"

namespace slipway::kit {
namespace {

constexpr std::uint64_t kMostPayload = std::uint64_t{64} << 20;
constexpr slipway_status kLastStatus = SLIPWAY_UNAUTHENTICATED;
// Ids do not fit into 32 bits; the lowest 16 are a slot, as those of the host are.
constexpr std::uint64_t kSlots = 1'000;
std::uint64_t id_of(std::uint64_t number) { return (number << 32) | (number % kSlots); }

std::string text_of(const std::uint8_t* data, std::uint64_t size) {
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}
std::string text_of(slipway_span span) { return text_of(span.data, span.size); }

bool is_object(const std::string& text) {
  const auto document = parse_json(text, {.bytes = kMostPayload});
  return document.ok() && document->is_object();
}

bool is_error_document(const std::string& text) {
  const auto document = parse_json(text, {.bytes = kMostPayload});
  return document.ok() && document->is_object() && document->contains("message") &&
         document->at("message").is_string() && !document->at("message").get_ref<const std::string&>().empty();
}

bool is_metric_name(const std::string& name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

std::string excerpt(const std::string& text) { return to_text(text.substr(0, 120)); }

}  // namespace

// Plain functions, since the table is C.
struct HostFunctions {
  static TestHost& of(void* context) { return *static_cast<TestHost*>(context); }

  static void complete(void* context, std::uint64_t id, slipway_status status, slipway_blob payload) {
    if (of(context).check("complete")) return of(context).complete(id, status, payload);
    // Refused is received all the same; after destroy there may be nobody to give it back to.
    if (of(context).state() != State::gone && payload.release != nullptr) payload.release(payload.owner);
  }
  static std::uint32_t is_cancelled(void* context, std::uint64_t id) {
    TestHost& self = of(context);
    if (!self.check("is_cancelled")) return 1;
    const std::lock_guard lock(self.mutex_);
    const auto call = self.calls_.find(id);
    return call == self.calls_.end() || call->second.given_up || call->second.completion ? 1 : 0;
  }
  static void request(void* context, slipway_span service, slipway_span method, std::uint64_t token,
                      slipway_span payload, std::int64_t budget_ns) {
    if (of(context).check("request"))
      of(context).request(text_of(service), text_of(method), token, text_of(payload), budget_ns);
  }
  static void wake(void* context, std::uint64_t token) {
    if (of(context).check("wake"))
      of(context).deliver({.kind = Delivery::Kind::wake, .token = token, .payload = {}, .due = Clock::now()});
  }
  static void log(void* context, std::uint32_t level, slipway_span message, slipway_span fields) {
    TestHost& self = of(context);
    if (!self.check("log")) return;
    const std::string text = text_of(message);
    if (level > SLIPWAY_LOG_ERROR) self.breach("logged with level " + std::to_string(level) + "; there are 0 to 3");
    if (fields.size > 0 && !is_object(text_of(fields)))
      self.breach("logged fields that are no JSON object: " + excerpt(text_of(fields)));
    const std::lock_guard lock(self.mutex_);
    ++self.told_.logs;
    self.told_.log_bytes += message.size + fields.size;
  }
  static void metric(void* context, std::uint32_t kind, slipway_span name, slipway_span labels, double value) {
    TestHost& self = of(context);
    if (!self.check("metric")) return;
    const std::string text = text_of(name);
    if (kind > SLIPWAY_METRIC_HISTOGRAM)
      self.breach("recorded a metric of kind " + std::to_string(kind) + "; there are 0 to 2");
    if (!is_metric_name(text)) self.breach("recorded a metric named " + excerpt(text) + "; want a-z, 0-9 and _");
    if (labels.size > 0 && !is_object(text_of(labels)))
      self.breach("recorded a metric with labels that are no JSON object: " + excerpt(text_of(labels)));
    if (!std::isfinite(value)) self.breach("recorded the metric " + text + " with a value that is no finite number");
    const std::lock_guard lock(self.mutex_);
    ++self.told_.metrics;
  }
};

TestHost& TestHost::make(Context& context, std::string name) {
  // Never freed; see the class.
  return *new TestHost(context, std::move(name));
}

TestHost::TestHost(Context& context, std::string name) : context_(context), name_(std::move(name)) {
  const slipway_host table{.size = sizeof(slipway_host),
                           .abi_minor = SLIPWAY_ABI_MINOR,
                           .context = this,
                           .complete = HostFunctions::complete,
                           .is_cancelled = HostFunctions::is_cancelled,
                           .request = HostFunctions::request,
                           .wake = HostFunctions::wake,
                           .log = HostFunctions::log,
                           .metric = HostFunctions::metric};
  table_ = std::make_unique<Borrowed>(std::string_view(reinterpret_cast<const char*>(&table), sizeof table),
                                      "the fields of the host's table");
}

void TestHost::close() {
  state_ = State::gone;
  table_->give_back();
}

bool TestHost::check(std::string_view function) {
  {
    const std::lock_guard lock(mutex_);
    ++told_.uses;
  }
  const State now = state_;
  if (is_allowed(function, now)) return true;
  const std::string where = now == State::gone      ? "after destroy had returned"
                            : now == State::stopped ? "during destroy"
                                                    : "while " + std::string(kit::name_of(now));
  const std::string text = "called " + std::string(function) + " " + where + ", where plugin.h does not allow it";
  // A completion that comes too late is refused and counted, never fatal.
  if (now == State::stopped && function == "complete") {
    context_.breaches.add_harmless(text);
  } else {
    breach(text);
  }
  return false;
}

void TestHost::breach(const std::string& text) { context_.breaches.add((name_.empty() ? "" : name_ + " ") + text); }

std::uint64_t TestHost::open(std::string label) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = id_of(calls_.size() + 1);
  calls_[id].label = std::move(label);
  return id;
}

void TestHost::give_up(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  calls_.at(id).given_up = true;
}

std::optional<Completion> TestHost::completion(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return calls_.at(id).completion;
}

std::string TestHost::label(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return calls_.at(id).label;
}

std::size_t TestHost::open_calls() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(calls_, [](const auto& entry) { return !entry.second.completion; }));
}

void TestHost::complete(std::uint64_t id, slipway_status status, slipway_blob blob) {
  const bool readable = blob.size <= kMostPayload && (blob.data != nullptr || blob.size == 0);
  if (!readable)
    return breach("completed a call with a payload of " + std::to_string(blob.size) + " bytes at no address");
  std::string payload = text_of(blob.data, blob.size);
  if (release_at_once_) {
    if (blob.release != nullptr) blob.release(blob.owner);
    return end_call(id, status, std::move(payload));
  }
  {
    const std::lock_guard lock(mutex_);
    held_.push_back({id, blob, payload});
  }
  end_call(id, status, std::move(payload));
}

void TestHost::end_call(std::uint64_t id, slipway_status status, std::string payload) {
  std::string label;
  {
    const std::lock_guard lock(mutex_);
    const auto call = calls_.find(id);
    if (call != calls_.end()) {
      label = call->second.label;
      if (!call->second.completion) {
        call->second.completion = Completion{status, payload};
        tell_change();
      } else {
        status = -1;
      }
    }
  }
  if (label.empty()) return breach("completed the call " + std::to_string(id) + ", which was never made");
  if (status == -1) return breach("completed a call of " + label + " twice");
  if (!release_at_once_) check_answer(label, status, payload);
}

void TestHost::check_answer(const std::string& label, slipway_status status, const std::string& payload) {
  if (status < SLIPWAY_OK || status > kLastStatus) {
    breach("answered " + label + " with the status " + std::to_string(status) + "; there are 0 to 16");
  } else if (status == SLIPWAY_OK && !parse_json(payload, {.bytes = kMostPayload}).ok()) {
    breach("answered " + label + " with what is no JSON document: " + excerpt(payload));
  } else if (status != SLIPWAY_OK && !is_error_document(payload)) {
    breach("ended " + label + " with status " + std::to_string(status) +
           R"( and what is no error document {"message": "…", …}: )" + excerpt(payload));
  }
}

void TestHost::request(std::string service, std::string method, std::uint64_t token, std::string payload,
                       std::int64_t budget) {
  {
    const std::lock_guard lock(mutex_);
    ++told_.requests;
  }
  if (!is_object(payload))
    breach("requested " + service + "." + method + " with what is no JSON object: " + excerpt(payload));
  deliver(answer_of_service(service + "." + method, payload, token, budget));
}

void TestHost::deliver(Delivery delivery) {
  const std::lock_guard lock(mutex_);
  deliveries_.push_back(std::move(delivery));
  tell_change();
}

// With the lock held.
void TestHost::tell_change() {
  ++changes_;
  changed_.notify_all();
}

std::uint64_t TestHost::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

std::optional<Delivery> TestHost::next() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const auto due = std::ranges::find_if(deliveries_, [&](const Delivery& delivery) { return delivery.due <= now; });
  if (due == deliveries_.end()) return std::nullopt;
  Delivery delivery = std::move(*due);
  deliveries_.erase(due);
  return delivery;
}

void TestHost::wait(std::uint64_t changes, Clock::time_point until) {
  std::unique_lock lock(mutex_);
  for (const Delivery& delivery : deliveries_) until = std::min(until, delivery.due);
  changed_.wait_until(lock, until, [&] { return changes_ != changes; });
}

void TestHost::release_payloads() {
  std::deque<Held> held;
  {
    const std::lock_guard lock(mutex_);
    held.swap(held_);
  }
  for (const Held& one : held) {
    if (text_of(one.blob.data, one.blob.size) != one.copy)
      breach("changed the payload that it had completed " + label(one.id) + " with before it was released");
    if (one.blob.release != nullptr) one.blob.release(one.blob.owner);
  }
}

Told TestHost::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

}  // namespace slipway::kit
