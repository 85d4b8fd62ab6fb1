// The host's half of the contract in memory: the table that a plugin is given, and a record of all it did with it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <slipway/testing/records.hpp>
#include <vector>

namespace slipway::test {

// Base of FakeHost. The public members may be used from any thread.
class HostSide {
 public:
  HostSide(const HostSide&) = delete;
  HostSide& operator=(const HostSide&) = delete;

  // What the plugin did so far.
  [[nodiscard]] std::vector<LogRecord> logs() const { return copy(logs_); }
  [[nodiscard]] std::vector<MetricSample> metrics() const { return copy(metrics_); }
  [[nodiscard]] std::vector<ServiceRequest> requests() const { return copy(seen_); }
  [[nodiscard]] std::vector<ServiceRequest> requests(std::string_view service, std::string_view method) const {
    auto all = requests();
    std::erase_if(all, [&](const ServiceRequest& r) { return r.service != service || r.method != method; });
    return all;
  }
  // Events emitted so far: {"type", "data"}.
  [[nodiscard]] std::vector<Json> events() const {
    std::vector<Json> list;
    for (auto& request : requests("events", "emit")) list.push_back(request.payload);
    return list;
  }
  [[nodiscard]] std::size_t completions() const {
    const std::lock_guard lock(mutex_);
    return completions_;
  }
  // Calls that began and have no answer.
  [[nodiscard]] std::size_t open_calls() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }
  // Breaches of the contract so far; looking takes them.
  std::vector<std::string> violations() {
    const std::lock_guard lock(mutex_);
    return std::exchange(violations_, {});
  }

 protected:
  struct Answer {
    std::uint64_t token = 0;
    slipway_status status = SLIPWAY_OK;
    std::string payload;
  };

  HostSide() = default;
  ~HostSide() = default;

  [[nodiscard]] const slipway_host& table() const { return table_; }
  [[nodiscard]] bool ended(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    return answers_.contains(id);
  }
  static std::string take(slipway_blob blob) {
    std::string text(slipway::detail::text_of({blob.data, blob.size}));
    if (blob.release != nullptr) blob.release(blob.owner);
    return text;
  }
  // Everything below is guarded: plugins call from any thread.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t last_call_ = 0;
  std::size_t completions_ = 0;
  std::map<std::uint64_t, bool> open_;  // call → cancelled
  std::map<std::uint64_t, Result<std::string>> answers_;
  std::deque<ServiceRequest> requests_;
  std::deque<Answer> deliveries_;
  std::deque<std::uint64_t> wakes_;
  std::vector<ServiceRequest> seen_;
  std::vector<LogRecord> logs_;
  std::vector<MetricSample> metrics_;
  std::vector<std::string> violations_;

 private:
  static HostSide& self(void* context) { return *static_cast<HostSide*>(context); }
  template <class List>
  List copy(const List& list) const {
    const std::lock_guard lock(mutex_);
    return list;
  }

  static void complete(void* context, std::uint64_t call_id, slipway_status status, slipway_blob payload) {
    HostSide& host = self(context);
    std::string text = take(payload);
    const std::lock_guard lock(host.mutex_);
    ++host.completions_;
    if (host.open_.erase(call_id) == 0) {
      const bool known = host.answers_.contains(call_id);
      host.violations_.push_back("call " + std::to_string(call_id) +
                                 (known ? " was completed twice" : " was completed but never made"));
      return;
    }
    host.answers_.emplace(call_id, status == SLIPWAY_OK ? Result<std::string>(std::move(text))
                                                        : slipway::detail::status_from(status, text));
    host.changed_.notify_all();
  }
  static std::uint32_t is_cancelled(void* context, std::uint64_t call_id) {
    HostSide& host = self(context);
    const std::lock_guard lock(host.mutex_);
    const auto found = host.open_.find(call_id);
    return found == host.open_.end() || found->second ? 1 : 0;
  }
  static void request(void* context, slipway_span service, slipway_span method, std::uint64_t token,
                      slipway_span payload, std::int64_t budget_ns) {
    HostSide& host = self(context);
    using slipway::detail::text_of;
    auto document = parse_json(text_of(payload));
    const std::lock_guard lock(host.mutex_);
    if (!document.ok()) host.violations_.push_back("a request is not JSON: " + document.status().message);
    ServiceRequest made{std::string(text_of(service)), std::string(text_of(method)), token,
                        document.ok() ? *document : Json(), budget_ns};
    host.seen_.push_back(made);
    host.requests_.push_back(std::move(made));
    host.changed_.notify_all();
  }
  static void wake(void* context, std::uint64_t token) {
    HostSide& host = self(context);
    const std::lock_guard lock(host.mutex_);
    host.wakes_.push_back(token);
    host.changed_.notify_all();
  }
  static void log(void* context, std::uint32_t level, slipway_span message, slipway_span fields) {
    HostSide& host = self(context);
    const std::lock_guard lock(host.mutex_);
    host.logs_.push_back(
        {static_cast<LogLevel>(level), std::string(slipway::detail::text_of(message)), host.object_in(fields)});
  }
  static void metric(void* context, std::uint32_t kind, slipway_span name, slipway_span labels, double value) {
    HostSide& host = self(context);
    const std::lock_guard lock(host.mutex_);
    host.metrics_.push_back(
        {static_cast<MetricKind>(kind), std::string(slipway::detail::text_of(name)), value, host.object_in(labels)});
  }
  Json object_in(slipway_span text) {
    if (text.size == 0) return Json::object();
    auto document = parse_json(slipway::detail::text_of(text));
    if (document.ok() && document->is_object()) return *document;
    violations_.push_back("fields or labels are no JSON object: " + std::string(slipway::detail::text_of(text)));
    return Json::object();
  }

  const slipway_host table_{
      sizeof(slipway_host), SLIPWAY_ABI_MINOR, this, complete, is_cancelled, request, wake, log, metric};
};

}  // namespace slipway::test
