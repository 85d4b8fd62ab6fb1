// A host in memory for unit tests of a plugin: it creates one instance, calls it with typed documents, answers its
// service requests from handlers, and turns its timers.
//
//   FakeHost host(table_of<Webhook>());
//   ASSERT_TRUE(host.run({{"url", "http://localhost/"}}).ok());
//   host.on("http", "send", [](const Json&) -> Result<Json> { return encode(services::HttpReply{.status = 204}); });
//   auto reply = host.call<notifier::Interface, notifier::Send>(request);
//
// Time stands still until advance() turns it; call() and Pending::get() turn it to the next timer when nothing else
// can happen. The services "store", "timers" and "events" answer by themselves; any other needs a handler.
//
// Threads: a FakeHost belongs to the thread of its test, which is the instance's strand; what it hands to the plugin
// may be used from any thread. What the plugin does wrong (a second answer to a call, say) is in violations();
// violations that no test looked at end the program when the host goes.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <slipway/plugin.hpp>
#include <slipway/testing/fake_store.hpp>
#include <slipway/testing/host_side.hpp>

namespace slipway::test {

// The table that SLIPWAY_PLUGIN(Class) would export.
template <class Class>
const slipway_plugin& table_of() {
  slipway_blob error{};
  return *slipway::detail::Export<Class>::entry(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, &error);
}

class FakeHost;

// A call under way. Outlived by its FakeHost.
template <class Reply>
class Pending {
 public:
  Pending(FakeHost& host, std::uint64_t id) : host_(host), id_(id) {}
  [[nodiscard]] bool done() const;
  // Lets everything happen that can, turning timers, until the answer is there.
  Result<Reply> get();
  void cancel();

 private:
  FakeHost& host_;
  std::uint64_t id_;
};

class FakeHost : public HostSide {
 public:
  using Handler = std::function<Result<Json>(const Json& request)>;

  explicit FakeHost(const slipway_plugin& table) : plugin_(table) {
    on("store", "get", [this](const Json& r) { return store_.get(r); });
    on("store", "put", [this](const Json& r) { return store_.put(r); });
    on("events", "emit", [](const Json&) -> Result<Json> { return Json::object(); });
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() {
    destroy();
    const auto left = violations();
    if (left.empty()) return;
    for (const std::string& text : left) std::fprintf(stderr, "the plugin broke the contract: %s\n", text.c_str());
    std::abort();
  }

  // Life of the instance.
  Status create(const Json& config = Json::object()) {
    const std::string text = to_text(config);
    slipway_blob error{};
    const slipway_status code = plugin_.create(&table(), slipway::detail::span_of(text), &instance_, &error);
    return status_from(code, error);
  }
  Status start() {
    slipway_blob error{};
    const slipway_status code = plugin_.start(instance_, &error);
    return status_from(code, error);
  }
  // create and start.
  Status run(const Json& config = Json::object()) {
    const Status created = create(config);
    return created.ok() ? start() : created;
  }
  void quiesce() { plugin_.quiesce(instance_); }
  void destroy() {
    if (instance_ != nullptr) plugin_.destroy(std::exchange(instance_, nullptr));
  }

  // Calls. call waits for the answer, begin does not.
  template <class Interface, class Method>
  Result<typename Method::Reply> call(const typename Method::Request& request, const CallOptions& options = {}) {
    return begin<Interface, Method>(request, options).get();
  }
  template <class Interface, class Method>
  Pending<typename Method::Reply> begin(const typename Method::Request& request, const CallOptions& options = {}) {
    return {*this,
            invoke(index_of(Interface::id), Interface::template index_of<Method>(), encode_text(request), options)};
  }
  // The answer's bytes to any bytes: for hostile payloads and unknown methods.
  Result<std::string> call_bytes(std::uint32_t interface_index, std::uint32_t method, std::string payload,
                                 const CallOptions& options = {}) {
    return wait_for(invoke(interface_index, method, std::move(payload), options));
  }
  // Position of an interface in the plugin's table; interface_count when it is not there.
  [[nodiscard]] std::uint32_t index_of(std::string_view interface_id) const {
    std::uint32_t index = 0;
    while (index < plugin_.interface_count && slipway::detail::text_of(plugin_.interfaces[index]) != interface_id)
      ++index;
    return index;
  }

  // Host services. A handler runs on the test's thread, never inside the plugin's request.
  void on(std::string_view service, std::string_view method, Handler handler) {
    handlers_[key(service, method)] = std::move(handler);
  }
  void on_http(const std::function<Result<services::HttpReply>(const services::HttpRequest&)>& handler) {
    on("http", "send", [handler](const Json& payload) -> Result<Json> {
      const auto request = decode<services::HttpRequest>(payload, "http.send");
      if (!request.ok()) return request.status();
      auto reply = handler(*request);
      return reply.ok() ? Result<Json>(encode(*reply)) : reply.status();
    });
  }
  // Requests of this kind stay unanswered until reply() names their token or their budget runs out.
  void hold(std::string_view service, std::string_view method) { handlers_[key(service, method)] = nullptr; }
  // How many of them there are now, timers that run among them.
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  void reply(std::uint64_t token, const Result<Json>& answer) {
    std::erase_if(held_, [&](const Held& held) { return held.token == token; });
    deliver(token, answer);
    settle();
  }

  // Answers and delivers all that can be without time passing.
  void settle() {
    while (step_once()) {
    }
  }
  // Lets time pass: timers that fall due and budgets that run out are answered in order.
  void advance(Duration span) {
    const Duration end = now_ + span;
    settle();
    while (!held_.empty() && next_due() <= end) turn_to_next();
    now_ = end;
  }
  [[nodiscard]] Duration now() const { return now_; }
  // For plugins with threads of their own: waits in real time, settling, until the predicate holds; false after
  // `limit`.
  bool wait_until(const std::function<bool()>& predicate, Duration limit = seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit.ns);
    for (settle(); !predicate(); settle()) {
      std::unique_lock lock(mutex_);
      // A plugin's thread may make the predicate true without telling the host, hence the short naps.
      changed_.wait_for(lock, std::chrono::milliseconds(2), [&] { return !requests_.empty() || !wakes_.empty(); });
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }

  // Real time that get() waits for threads of the plugin before it gives up.
  void set_patience(Duration patience) { patience_ = patience; }

 private:
  template <class Reply>
  friend class Pending;
  struct Held {
    Duration due;
    std::uint64_t token = 0;
    bool is_timer = false;
  };
  static std::string key(std::string_view service, std::string_view method) {
    return std::string(service) + "." + std::string(method);
  }
  static Status status_from(slipway_status code, slipway_blob error) {
    if (code == SLIPWAY_OK) return {};
    return slipway::detail::status_from(code, take(error));
  }
  std::uint64_t invoke(std::uint32_t interface_index, std::uint32_t method, std::string payload,
                       const CallOptions& options) {
    using slipway::detail::span_of;
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = ++last_call_;
      open_[id] = false;
    }
    const slipway_call call{sizeof(slipway_call),
                            interface_index,
                            method,
                            0,
                            id,
                            options.budget.ns,
                            span_of(payload),
                            span_of(options.traceparent),
                            span_of(options.tenant),
                            span_of(options.subject),
                            span_of(options.roles)};
    plugin_.invoke(instance_, &call);
    std::fill(payload.begin(), payload.end(), '\x5a');  // borrowed bytes that were kept show themselves
    return id;
  }
  Result<std::string> wait_for(std::uint64_t id) {
    const auto answered = [&] { return ended(id); };
    const auto timer_runs = [&] {
      return std::any_of(held_.begin(), held_.end(), [](const Held& h) { return h.is_timer; });
    };
    while (settle(), !answered()) {
      if (timer_runs()) {
        turn_to_next();
      } else if (!wait_until([&] { return answered() || timer_runs(); }, patience_)) {
        return Status(Code::deadline_exceeded,
                      "the plugin did not answer within " + to_string(patience_) + " of real time");
      }
    }
    const std::lock_guard lock(mutex_);
    return answers_.at(id);
  }
  void cancel(std::uint64_t id) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = open_.find(id); found != open_.end()) found->second = true;
    }
    plugin_.cancel(instance_, id);
    settle();
  }

  // One delivery to the plugin or one request answered; false when there is nothing to do.
  bool step_once() {
    std::unique_lock lock(mutex_);
    if (instance_ == nullptr) return false;
    if (!deliveries_.empty()) {
      const Answer answer = std::move(deliveries_.front());
      deliveries_.pop_front();
      lock.unlock();
      plugin_.on_reply(instance_, answer.token, answer.status, slipway::detail::span_of(answer.payload));
      return true;
    }
    if (!wakes_.empty()) {
      const std::uint64_t token = wakes_.front();
      wakes_.pop_front();
      lock.unlock();
      plugin_.on_wake(instance_, token);
      return true;
    }
    if (requests_.empty()) return false;
    const ServiceRequest request = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    answer(request);
    return true;
  }
  void answer(const ServiceRequest& request) {
    const Duration expires =
        request.budget_ns > INT64_MAX - now_.ns ? Duration{INT64_MAX} : now_ + Duration{request.budget_ns};
    const std::string name = key(request.service, request.method);
    if (request.budget_ns <= 0)
      return deliver(request.token, Status(Code::deadline_exceeded, name + ": the deadline has passed"));
    const auto handler = handlers_.find(name);
    if (handler != handlers_.end() && handler->second) return deliver(request.token, handler->second(request.payload));
    if (handler != handlers_.end()) return held_.push_back({expires, request.token});
    if (name != "timers.sleep") return deliver(request.token, Status(Code::unimplemented, "no handler for " + name));
    const auto sleep = decode<services::SleepRequest>(request.payload, name);
    if (!sleep.ok()) return deliver(request.token, sleep.status());
    const bool in_time = sleep->duration.ns <= request.budget_ns;
    held_.push_back({in_time ? now_ + sleep->duration : expires, request.token, in_time});
  }
  void deliver(std::uint64_t token, const Result<Json>& answer) {
    const std::lock_guard lock(mutex_);
    if (answer.ok()) {
      deliveries_.push_back({token, SLIPWAY_OK, to_text(*answer)});
    } else {
      deliveries_.push_back({token, static_cast<slipway_status>(answer.status().code),
                             to_text(slipway::detail::error_document(answer.status()))});
    }
  }
  [[nodiscard]] std::vector<Held>::const_iterator next() const {
    return std::min_element(held_.begin(), held_.end(), [](const Held& a, const Held& b) { return a.due < b.due; });
  }
  [[nodiscard]] Duration next_due() const { return next()->due; }
  void turn_to_next() {
    const Held due = *next();
    held_.erase(next());
    now_ = std::max(now_, due.due);
    deliver(due.token,
            due.is_timer ? Result<Json>(Json::object()) : Status(Code::deadline_exceeded, "the deadline has passed"));
    settle();
  }

  const slipway_plugin& plugin_;
  slipway_instance* instance_ = nullptr;
  Duration now_{};
  Duration patience_ = seconds(10);
  FakeStore store_;
  std::map<std::string, Handler, std::less<>> handlers_;
  std::vector<Held> held_;
};

template <class Reply>
bool Pending<Reply>::done() const {
  host_.settle();
  return host_.ended(id_);
}

template <class Reply>
Result<Reply> Pending<Reply>::get() {
  auto bytes = host_.wait_for(id_);
  if (!bytes.ok()) return bytes.status();
  return decode_text<Reply>(*bytes, "the reply");
}

template <class Reply>
void Pending<Reply>::cancel() {
  host_.cancel(id_);
}

}  // namespace slipway::test
