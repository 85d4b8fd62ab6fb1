// What a plugin sees of the host: log, metrics, and services that are awaited.
//
// Threads: log, metric and Completer may be used from any thread. Awaiting a service is for coroutines of the
// instance. Every request ends at the call's deadline at the latest; a service's refusal is thrown as Error.
//
// The W3C trace of a call goes along: into what its coroutine asks of services, and so into the headers of HTTP and
// into calls of other bindings, and into the log. A record written on a thread of the plugin's own has none, unless its
// fields name a "traceparent".
#pragma once

#include <slipway/abi/plugin.h>

#include <exception>
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
slipway_blob blob_of(std::string text);

Json error_document(const Status& status);
Status status_from(slipway_status code, std::string_view payload);
// What a plugin answers to an exception.
Status status_of(const std::exception_ptr& error);

std::int64_t remaining_ns(const CallScope* scope);
std::int64_t deadline_after(std::int64_t budget_ns);

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
  std::uint64_t add(Waiting* waiting);
  // The coroutine to resume, filled with the answer; null for a token that nobody waits for any more.
  std::coroutine_handle<> answer(std::uint64_t token, slipway_status status, std::string_view payload);
  // Everything that waits on behalf of the scope (any scope when null).
  std::vector<std::uint64_t> tokens_of(const CallScope* scope);
  [[nodiscard]] std::size_t size();

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
    return send(waiter, waiter.promise().scope);
  }
  std::string await_resume() {
    if (waiting_.status != SLIPWAY_OK) throw Error(status_from(waiting_.status, waiting_.payload));
    return std::move(waiting_.payload);
  }

 private:
  // False when there is nothing to wait for.
  bool send(std::coroutine_handle<> waiter, const CallScope* scope);

  const slipway_host& host_;
  Tokens& tokens_;
  std::string_view service_;
  std::string_view method_;
  std::string payload_;
  std::int64_t limit_ns_;
  Waiting waiting_;
};

}  // namespace detail

// Until the call must have been answered; the longest Duration for a call without a deadline.
inline Duration time_left(const CallScope& scope) { return {detail::remaining_ns(&scope)}; }

enum class LogLevel : std::uint32_t { debug = 0, info = 1, warn = 2, error = 3 };
enum class MetricKind : std::uint32_t { counter = 0, gauge = 1, histogram = 2 };

class Host {
 public:
  explicit Host(const slipway_host& table) : table_(table) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // fields: a JSON object that is logged beside the message.
  void log(LogLevel level, std::string_view message, const Json& fields = nullptr) const;
  void metric(MetricKind kind, std::string_view name, double value, const Json& labels = nullptr) const;

  // GCC 12 destroys the members of an aggregate twice when it is made with braces inside a co_await expression (or
  // stops with an internal error): name the request first, here and in plugins.

  // One HTTP request; any status code is an answer, only a failed exchange throws: DEADLINE_EXCEEDED after `limit`, or
  // at the call's deadline when that comes first.
  task<services::HttpReply> http(services::HttpRequest request, Duration limit = {SLIPWAY_NO_DEADLINE});
  task<void> sleep(Duration duration);
  // Values of secret references ("env:NAME"), by reference.
  task<std::map<std::string, std::string>> secrets(std::string tenant, std::vector<std::string> references);
  task<void> emit(std::string type, Json data);
  // Calls a method of another binding of the profile.
  template <class Interface, class Method>
  task<typename Method::Reply> binding(std::string name, typename Method::Request request) {
    auto reply = co_await call_binding(std::move(name), Interface::id, Method::name, encode(request));
    co_return value_or_throw(decode<typename Method::Reply>(std::move(reply), Method::name));
  }
  task<services::StoreGetReply> store_get(services::StoreGetRequest request);
  task<services::StorePutReply> store_put(services::StorePutRequest request);

  // Tells the host that something happened without waiting for its answer. Any thread.
  void emit_now(std::string_view type, const Json& data);

  [[nodiscard]] const slipway_host& table() const { return table_; }
  detail::Tokens& tokens() { return tokens_; }

 private:
  task<Json> call_binding(std::string name, std::string_view interface, std::string_view method, Json payload);
  template <class Request>
  detail::ServiceCall call(std::string_view service, std::string_view method, const Request& request,
                           Duration limit = {SLIPWAY_NO_DEADLINE});

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
