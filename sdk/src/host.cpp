#include <algorithm>
#include <chrono>
#include <slipway/detail/working.hpp>
#include <slipway/host.hpp>

namespace slipway {
namespace detail {
namespace {

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// No destructor: one that were still to run would keep the library.
thread_local constinit Working* innermost = nullptr;

// The request document with the trace of the call that it is made for.
std::string traced(std::string payload, const CallScope* scope) {
  if (scope == nullptr || scope->traceparent.empty() || !payload.starts_with('{')) return payload;
  const std::string member = "\"traceparent\":" + to_text(Json(scope->traceparent));
  payload.insert(1, payload == "{}" ? member : member + ",");
  return payload;
}

}  // namespace

Working::Working(std::string_view traceparent) : outer_(std::exchange(innermost, this)) { set(traceparent); }
Working::~Working() { innermost = outer_; }

void Working::set(std::string_view traceparent) {
  size_ = traceparent.size() <= text_.size() ? traceparent.size() : 0;
  std::copy_n(traceparent.begin(), size_, text_.begin());
}

std::string_view Working::trace() {
  return innermost == nullptr ? std::string_view() : std::string_view(innermost->text_.data(), innermost->size_);
}

void Working::go_on_for(std::string_view traceparent) {
  if (innermost != nullptr) innermost->set(traceparent);
}

slipway_blob blob_of(std::string text) {
  auto* owned = new std::string(std::move(text));
  return {reinterpret_cast<const std::uint8_t*>(owned->data()), owned->size(), owned,
          [](void* owner) { delete static_cast<std::string*>(owner); }};
}

Json error_document(const Status& status) {
  Json problems = Json::array();
  for (const Problem& p : status.problems)
    problems.push_back({{"path", p.path}, {"value", p.value}, {"message", p.message}});
  return {{"message", status.message}, {"problems", problems}};
}

Status status_from(slipway_status code, std::string_view payload) {
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

Status status_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return e.status();
  } catch (const std::bad_alloc&) {
    return {Code::resource_exhausted, "out of memory"};
  } catch (const std::exception& e) {
    return {Code::internal, e.what()};
  } catch (...) {
    return {Code::internal, "an exception of an unknown type"};
  }
}

std::int64_t remaining_ns(const CallScope* scope) {
  if (scope == nullptr || scope->deadline_ns == SLIPWAY_NO_DEADLINE) return SLIPWAY_NO_DEADLINE;
  return std::max<std::int64_t>(0, scope->deadline_ns - steady_ns());
}

std::int64_t deadline_after(std::int64_t budget_ns) {
  if (budget_ns == SLIPWAY_NO_DEADLINE) return SLIPWAY_NO_DEADLINE;
  std::int64_t deadline = 0;
  return __builtin_add_overflow(steady_ns(), budget_ns, &deadline) ? SLIPWAY_NO_DEADLINE : deadline;
}

std::uint64_t Tokens::add(Waiting* waiting) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(++last_, waiting);
  return last_;
}

std::coroutine_handle<> Tokens::answer(std::uint64_t token, slipway_status status, std::string_view payload) {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return nullptr;
  Waiting* waiting = found->second;
  waiting_.erase(found);
  waiting->status = status;
  waiting->payload = payload;
  Working::go_on_for(waiting->scope == nullptr ? std::string_view() : waiting->scope->traceparent);
  return waiting->waiter;
}

std::vector<std::uint64_t> Tokens::tokens_of(const CallScope* scope) {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> tokens;
  for (const auto& [token, waiting] : waiting_) {
    if (scope == nullptr || waiting->scope == scope) tokens.push_back(token);
  }
  return tokens;
}

std::size_t Tokens::size() {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

bool ServiceCall::send(std::coroutine_handle<> waiter, const CallScope* scope) {
  if (scope != nullptr && scope->cancelled) {
    waiting_.status = SLIPWAY_CANCELLED;
    waiting_.payload = R"({"message":"the caller has given up"})";
    return false;
  }
  waiting_.waiter = waiter;
  waiting_.scope = scope;
  // The answer may arrive on another thread before request returns, so nothing of *this is used after it.
  const std::string payload = traced(std::move(payload_), scope);
  const std::int64_t budget = std::min(limit_ns_, remaining_ns(scope));
  host_.request(host_.context, span_of(service_), span_of(method_), tokens_.add(&waiting_), span_of(payload), budget);
  return true;
}

}  // namespace detail

namespace {

constexpr std::uint64_t kNobodyWaits = 0;
constexpr JsonLimits kAnswerLimits{.bytes = std::size_t{128} << 20};

template <class Reply>
Reply read(const std::string& payload) {
  return value_or_throw(decode_text<Reply>(payload, "the host's answer", Unknown::ignored, kAnswerLimits));
}

}  // namespace

template <class Request>
detail::ServiceCall Host::call(std::string_view service, std::string_view method, const Request& request,
                               Duration limit) {
  return {table_, tokens_, service, method, encode_text(request), limit.ns};
}

void Host::log(LogLevel level, std::string_view message, const Json& fields) const {
  const std::string_view trace = detail::Working::trace();
  Json all = fields;
  if (!trace.empty() && (all.is_null() || all.is_object())) all.emplace("traceparent", trace);
  const std::string text = all.is_null() ? "" : to_text(all);
  table_.log(table_.context, static_cast<std::uint32_t>(level), detail::span_of(message), detail::span_of(text));
}

void Host::metric(MetricKind kind, std::string_view name, double value, const Json& labels) const {
  const std::string text = labels.is_null() ? "" : to_text(labels);
  table_.metric(table_.context, static_cast<std::uint32_t>(kind), detail::span_of(name), detail::span_of(text), value);
}

task<services::HttpReply> Host::http(services::HttpRequest request, Duration limit) {
  co_return read<services::HttpReply>(co_await call("http", "send", request, limit));
}

task<void> Host::sleep(Duration duration) {
  const services::SleepRequest request{duration};
  co_await call("timers", "sleep", request);
}

task<std::map<std::string, std::string>> Host::secrets(std::string tenant, std::vector<std::string> references) {
  const services::SecretsRequest request{std::move(tenant), std::move(references)};
  co_return read<services::SecretsReply>(co_await call("secrets", "resolve", request)).values;
}

task<void> Host::emit(std::string type, Json data) {
  const services::EmitRequest request{std::move(type), std::move(data)};
  co_await call("events", "emit", request);
}

task<services::StoreGetReply> Host::store_get(services::StoreGetRequest request) {
  co_return read<services::StoreGetReply>(co_await call("store", "get", request));
}

task<services::StorePutReply> Host::store_put(services::StorePutRequest request) {
  co_return read<services::StorePutReply>(co_await call("store", "put", request));
}

task<Json> Host::call_binding(std::string name, std::string_view interface, std::string_view method, Json payload) {
  const services::CallRequest asked{std::move(name), std::string(interface), std::string(method), std::move(payload)};
  auto reply = read<services::CallReply>(co_await call("bindings", "call", asked));
  co_return std::move(reply.payload);
}

void Host::emit_now(std::string_view type, const Json& data) {
  const std::string payload = encode_text(services::EmitRequest{std::string(type), data});
  table_.request(table_.context, detail::span_of("events"), detail::span_of("emit"), kNobodyWaits,
                 detail::span_of(payload), SLIPWAY_NO_DEADLINE);
}

}  // namespace slipway
