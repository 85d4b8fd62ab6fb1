// What a plugin sees of the host: log, metrics, and services that are awaited.
//
// Threads: log, metric and Completer may be used from any thread. Awaiting a service is for coroutines of the
// instance. Every request ends at the call's deadline at the latest; a service's refusal is thrown as Error.
#pragma once

#include <slipway/abi/plugin.h>

#include <chrono>
#include <mutex>
#include <slipway/document.hpp>
#include <slipway/services.hpp>
#include <slipway/task.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace slipway {

namespace detail {

inline slipway_span span_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(slipway_span span) {
  return span.size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(span.data), span.size);
}
// A blob that owns a copy of the text.
inline slipway_blob blob_of(std::string text) {
  auto* owned = new std::string(std::move(text));
  return {reinterpret_cast<const std::uint8_t*>(owned->data()), owned->size(), owned,
          [](void* owner) { delete static_cast<std::string*>(owner); }};
}

inline Json error_document(const Status& status) {
  Json problems = Json::array();
  for (const Problem& p : status.problems)
    problems.push_back({{"path", p.path}, {"value", p.value}, {"message", p.message}});
  return {{"message", status.message}, {"problems", problems}};
}
inline Status status_from(slipway_status code, std::string_view payload) {
  Status status(static_cast<Code>(code), "");
  const auto document = parse_json(payload);
  if (!document.ok() || !document->is_object()) {
    status.message = payload.empty() ? std::string(name_of(status.code)) : std::string(payload.substr(0, 500));
    return status;
  }
  status.message = document->value("message", std::string(name_of(status.code)));
  for (const Json& p : document->value("problems", Json::array())) {
    status.problems.push_back({p.value("path", ""), p.value("value", ""), p.value("message", "")});
  }
  return status;
}

inline std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}
inline std::int64_t remaining_ns(const CallScope* scope) {
  if (scope == nullptr || scope->deadline_ns == SLIPWAY_NO_DEADLINE) return SLIPWAY_NO_DEADLINE;
  return std::max<std::int64_t>(0, scope->deadline_ns - steady_ns());
}
inline std::int64_t deadline_after(std::int64_t budget_ns) {
  if (budget_ns == SLIPWAY_NO_DEADLINE) return SLIPWAY_NO_DEADLINE;
  std::int64_t deadline = 0;
  return __builtin_add_overflow(steady_ns(), budget_ns, &deadline) ? SLIPWAY_NO_DEADLINE : deadline;
}

// A coroutine that waits for a token.
struct Waiting {
  std::coroutine_handle<> waiter;
  const CallScope* scope = nullptr;
  slipway_status status = SLIPWAY_OK;
  std::string payload;
};

// Tokens under way of one instance: who waits for which.
class Tokens {
 public:
  std::uint64_t add(Waiting* waiting) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(++last_, waiting);
    return last_;
  }
  // The coroutine to resume, filled with the answer; null for a token that nobody waits for any more.
  std::coroutine_handle<> answer(std::uint64_t token, slipway_status status, std::string_view payload) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(token);
    if (found == waiting_.end()) return nullptr;
    Waiting* waiting = found->second;
    waiting_.erase(found);
    waiting->status = status;
    waiting->payload = payload;
    return waiting->waiter;
  }
  // Everything that waits on behalf of the scope (any scope when null).
  std::vector<std::uint64_t> tokens_of(const CallScope* scope) {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> tokens;
    for (const auto& [token, waiting] : waiting_) {
      if (scope == nullptr || waiting->scope == scope) tokens.push_back(token);
    }
    return tokens;
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Waiting*> waiting_;
};

class ServiceCall {
 public:
  ServiceCall(const slipway_host& host, Tokens& tokens, std::string_view service, std::string_view method,
              std::string payload, std::int64_t limit_ns)
      : host_(host),
        tokens_(tokens),
        service_(service),
        method_(method),
        payload_(std::move(payload)),
        limit_ns_(limit_ns) {}
  ServiceCall(const ServiceCall&) = delete;
  ServiceCall& operator=(const ServiceCall&) = delete;
  ~ServiceCall() = default;

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> waiter) {
    const CallScope* scope = waiter.promise().scope;
    if (scope != nullptr && scope->cancelled) {
      waiting_.status = SLIPWAY_CANCELLED;
      waiting_.payload = R"({"message":"the caller has given up"})";
      return false;
    }
    waiting_.waiter = waiter;
    waiting_.scope = scope;
    // The answer may arrive on another thread before request returns, so nothing of *this is used after it.
    const std::string payload = std::move(payload_);
    const std::int64_t budget = std::min(limit_ns_, remaining_ns(scope));
    host_.request(host_.context, span_of(service_), span_of(method_), tokens_.add(&waiting_), span_of(payload), budget);
    return true;
  }
  std::string await_resume() {
    if (waiting_.status != SLIPWAY_OK) throw Error(status_from(waiting_.status, waiting_.payload));
    return std::move(waiting_.payload);
  }

 private:
  const slipway_host& host_;
  Tokens& tokens_;
  std::string_view service_;
  std::string_view method_;
  std::string payload_;
  std::int64_t limit_ns_;
  Waiting waiting_;
};

}  // namespace detail

enum class LogLevel : std::uint32_t { debug = 0, info = 1, warn = 2, error = 3 };
enum class MetricKind : std::uint32_t { counter = 0, gauge = 1, histogram = 2 };

class Host {
 public:
  explicit Host(const slipway_host& table) : table_(table) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // fields: a JSON object that is logged beside the message.
  void log(LogLevel level, std::string_view message, const Json& fields = nullptr) const {
    const std::string text = fields.is_null() ? "" : to_text(fields);
    table_.log(table_.context, static_cast<std::uint32_t>(level), detail::span_of(message), detail::span_of(text));
  }
  void metric(MetricKind kind, std::string_view name, double value, const Json& labels = nullptr) const {
    const std::string text = labels.is_null() ? "" : to_text(labels);
    table_.metric(table_.context, static_cast<std::uint32_t>(kind), detail::span_of(name), detail::span_of(text),
                  value);
  }

  // GCC 12 destroys the members of an aggregate twice when it is made with braces inside a co_await expression (or
  // stops with an internal error): name the request first, here and in plugins.

  // One HTTP request; any status code is an answer, only a failed exchange throws: DEADLINE_EXCEEDED after `limit`, or
  // at the call's deadline when that comes first.
  task<services::HttpReply> http(services::HttpRequest request, Duration limit = {SLIPWAY_NO_DEADLINE}) {
    co_return read<services::HttpReply>(co_await call("http", "send", request, limit));
  }
  task<void> sleep(Duration duration) { co_await call("timers", "sleep", services::SleepRequest{duration}); }
  // Values of secret references ("env:NAME"), by reference.
  task<std::map<std::string, std::string>> secrets(std::string tenant, std::vector<std::string> references) {
    const services::SecretsRequest request{std::move(tenant), std::move(references)};
    co_return read<services::SecretsReply>(co_await call("secrets", "resolve", request)).values;
  }
  task<void> emit(std::string type, Json data) {
    const services::EmitRequest request{std::move(type), std::move(data)};
    co_await call("events", "emit", request);
  }
  // Calls a method of another binding of the profile.
  template <class Interface, class Method>
  task<typename Method::Reply> binding(std::string name, typename Method::Request request) {
    const services::CallRequest asked{std::move(name), std::string(Interface::id), std::string(Method::name),
                                      encode(request)};
    auto reply = read<services::CallReply>(co_await call("bindings", "call", asked));
    co_return value_or_throw(decode<typename Method::Reply>(reply.payload, Method::name));
  }
  task<services::StoreGetReply> store_get(services::StoreGetRequest request) {
    co_return read<services::StoreGetReply>(co_await call("store", "get", request));
  }
  task<services::StorePutReply> store_put(services::StorePutRequest request) {
    co_return read<services::StorePutReply>(co_await call("store", "put", request));
  }

  // Tells the host that something happened without waiting for its answer. Any thread.
  void emit_now(std::string_view type, const Json& data) {
    const std::string payload = encode_text(services::EmitRequest{std::string(type), data});
    table_.request(table_.context, detail::span_of("events"), detail::span_of("emit"), kNobodyWaits,
                   detail::span_of(payload), SLIPWAY_NO_DEADLINE);
  }

  [[nodiscard]] const slipway_host& table() const { return table_; }
  detail::Tokens& tokens() { return tokens_; }

 private:
  static constexpr std::uint64_t kNobodyWaits = 0;

  template <class Request>
  detail::ServiceCall call(std::string_view service, std::string_view method, const Request& request,
                           Duration limit = {SLIPWAY_NO_DEADLINE}) {
    return {table_, tokens_, service, method, encode_text(request), limit.ns};
  }
  template <class Reply>
  static Reply read(const std::string& payload) {
    return value_or_throw(
        decode_text<Reply>(payload, "the host's answer", Unknown::ignored, {.bytes = std::size_t{128} << 20}));
  }

  const slipway_host& table_;
  detail::Tokens tokens_;
};

// The right to answer one call, from any thread, once. Dropped unused it answers INTERNAL, so no caller waits for ever.
template <class Reply>
class Completer {
 public:
  Completer(const slipway_host& host, std::uint64_t call_id) : host_(&host), call_id_(call_id) {}
  Completer(Completer&& other) noexcept : host_(other.host_), call_id_(std::exchange(other.call_id_, 0)) {}
  Completer& operator=(Completer&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(call_id_, other.call_id_);
    return *this;
  }
  Completer(const Completer&) = delete;
  Completer& operator=(const Completer&) = delete;
  ~Completer() {
    if (call_id_ != 0) (*this)(Status(Code::internal, "the plugin dropped the call without an answer"));
  }

  void operator()(const Reply& reply) { end(SLIPWAY_OK, encode_text(reply)); }
  void operator()(const Status& status) {
    end(static_cast<slipway_status>(status.code), to_text(detail::error_document(status)));
  }
  void operator()(const Result<Reply>& result) { result.ok() ? (*this)(*result) : (*this)(result.status()); }
  [[nodiscard]] bool cancelled() const { return host_->is_cancelled(host_->context, call_id_) != 0; }

 private:
  void end(slipway_status status, std::string payload) {
    host_->complete(host_->context, std::exchange(call_id_, 0), status, detail::blob_of(std::move(payload)));
  }

  const slipway_host* host_;
  std::uint64_t call_id_;
};

}  // namespace slipway
