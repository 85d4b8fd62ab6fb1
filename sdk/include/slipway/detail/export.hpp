// The table that SLIPWAY_PLUGIN exports: trampolines from the C ABI to a plugin class. Every one is noexcept.
#pragma once

#include <slipway/detail/working.hpp>
#include <slipway/plugin.hpp>
#include <type_traits>

namespace slipway::detail {

template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<task<T>> = true;

// A coroutine that nobody awaits; it destroys itself at its end.
struct Detached {
  struct promise_type {
    CallScope* scope = nullptr;
    Detached get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }  // run() catches everything
  };
  std::coroutine_handle<promise_type> frame;
};

// One instance: the class, its host, and the calls whose coroutines are under way.
template <class Class>
class Cell {
 public:
  Cell(const slipway_host& table, typename Class::Settings settings)
      : host_(table), plugin_(host_, std::move(settings)) {}

  Class& plugin() { return plugin_; }
  Host& host() { return host_; }

  void complete(std::uint64_t call_id, const Status& status) {
    if (destroying_) return;
    const auto& table = host_.table();
    table.complete(table.context, call_id, static_cast<slipway_status>(status.code),
                   blob_of(to_text(error_document(status))));
  }
  void complete(std::uint64_t call_id, std::string payload) {
    if (destroying_) return;
    const auto& table = host_.table();
    table.complete(table.context, call_id, SLIPWAY_OK, blob_of(std::move(payload)));
  }

  // Runs the task for the call; the scope lives until it ends.
  template <class Reply>
  void run(std::unique_ptr<CallScope> scope, task<Reply> work) {
    CallScope* raw = scope.get();
    {
      const std::lock_guard lock(mutex_);
      scopes_.emplace(raw->id, std::move(scope));
    }
    Detached root = answer(raw->id, std::move(work));
    root.frame.promise().scope = raw;
    root.frame.resume();
  }
  void cancel(std::uint64_t call_id) {
    CallScope* scope = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const auto found = scopes_.find(call_id);
      if (found == scopes_.end()) return;
      scope = found->second.get();
      scope->cancelled = true;
    }
    abandon(scope, R"({"message":"the caller has given up"})");
  }
  void reply(std::uint64_t token, slipway_status status, std::string_view payload) {
    const Working for_the_one_that_waits;
    if (const auto waiter = host_.tokens().answer(token, status, payload)) waiter.resume();
  }
  // Ends every coroutine that waits, so that no frame outlives the instance. The host has answered their calls.
  void abandon_all() {
    {
      const std::lock_guard lock(mutex_);
      destroying_ = true;
      for (const auto& entry : scopes_) entry.second->cancelled = true;
    }
    while (host_.tokens().size() != 0) abandon(nullptr, R"({"message":"the plugin is stopping"})");
  }
  [[nodiscard]] bool idle() {
    const std::lock_guard lock(mutex_);
    return scopes_.empty() && host_.tokens().size() == 0;
  }

 private:
  void abandon(const CallScope* scope, std::string_view payload) {
    for (const std::uint64_t token : host_.tokens().tokens_of(scope)) reply(token, SLIPWAY_CANCELLED, payload);
  }
  template <class Reply>
  Detached answer(std::uint64_t call_id, task<Reply> work) {
    Status failure;
    try {
      std::string payload = encode_text(co_await work);
      forget(call_id);
      complete(call_id, std::move(payload));
      co_return;
    } catch (...) {
      failure = status_of(std::current_exception());
    }
    forget(call_id);
    complete(call_id, failure);
  }
  void forget(std::uint64_t call_id) {
    const std::lock_guard lock(mutex_);
    scopes_.erase(call_id);
  }

  Host host_;
  std::atomic<bool> destroying_{false};
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::unique_ptr<CallScope>> scopes_;
  Class plugin_;
};

template <class Class>
class Export {
 public:
  static const slipway_plugin* entry(std::uint32_t host_major, std::uint32_t host_minor, slipway_blob* error) noexcept {
    if (host_major != SLIPWAY_ABI_MAJOR || host_minor < kMinHostMinor) {
      return refuse(error, "the host speaks ABI " + std::to_string(host_major) + "." + std::to_string(host_minor) +
                               ", this plugin wants " + std::to_string(SLIPWAY_ABI_MAJOR) + "." +
                               std::to_string(kMinHostMinor) + " or a later minor");
    }
    static const auto ids = interface_ids(static_cast<typename Class::Serves*>(nullptr));
    static const slipway_plugin table{sizeof(slipway_plugin),
                                      SLIPWAY_ABI_MAJOR,
                                      SLIPWAY_ABI_MINOR,
                                      kMinHostMinor,
                                      ids.data(),
                                      static_cast<std::uint32_t>(ids.size()),
                                      0,
                                      create,
                                      start,
                                      invoke,
                                      cancel,
                                      on_reply,
                                      on_wake,
                                      quiesce,
                                      destroy};
    return &table;
  }

 private:
  static constexpr std::uint32_t kMinHostMinor = 0;
  using Instance = Cell<Class>;

  static Instance& cell(slipway_instance* instance) { return *reinterpret_cast<Instance*>(instance); }

  static const slipway_plugin* refuse(slipway_blob* error, const std::string& message) {
    *error = blob_of(to_text({{"message", message}}));
    return nullptr;
  }
  template <class... Served>
  static std::array<slipway_span, sizeof...(Served) + 1> interface_ids(Interfaces<Served...>*) {
    return {span_of(Served::id)..., span_of(slipway::plugin::kId)};
  }

  template <class F>
  static slipway_status guarded(slipway_blob* error, F&& body) noexcept {
    try {
      body();
      return SLIPWAY_OK;
    } catch (...) {
      const Status status = status_of(std::current_exception());
      *error = blob_of(to_text(error_document(status)));
      return static_cast<slipway_status>(status.code);
    }
  }

  static slipway_status create(const slipway_host* host, slipway_span config, slipway_instance** instance,
                               slipway_blob* error) noexcept {
    return guarded(error, [&] {
      auto settings = value_or_throw(decode_text<typename Class::Settings>(config.size == 0 ? "{}" : text_of(config),
                                                                           "the configuration", Unknown::refused));
      *instance = reinterpret_cast<slipway_instance*>(new Instance(*host, std::move(settings)));
    });
  }
  static slipway_status start(slipway_instance* instance, slipway_blob* error) noexcept {
    return guarded(error, [&] { cell(instance).plugin().start(); });
  }
  static void cancel(slipway_instance* instance, std::uint64_t call_id) noexcept { cell(instance).cancel(call_id); }
  static void on_reply(slipway_instance* instance, std::uint64_t token, slipway_status status,
                       slipway_span payload) noexcept {
    cell(instance).reply(token, status, text_of(payload));
  }
  static void on_wake(slipway_instance* instance, std::uint64_t token) noexcept {
    if constexpr (requires(Class & c) { c.on_wake(token); }) cell(instance).plugin().on_wake(token);
  }
  static void quiesce(slipway_instance* instance) noexcept {
    try {
      cell(instance).plugin().stop();
    } catch (...) {
      cell(instance).host().log(LogLevel::error, "stop failed: " + status_of(std::current_exception()).message);
    }
  }
  static void destroy(slipway_instance* instance) noexcept {
    cell(instance).abandon_all();
    delete &cell(instance);
  }

  static void invoke(slipway_instance* instance, const slipway_call* call) noexcept {
    Instance& self = cell(instance);
    const Working for_the_call(text_of(call->traceparent));
    try {
      route(self, *call, static_cast<typename Class::Serves*>(nullptr));
    } catch (...) {
      self.complete(call->id, status_of(std::current_exception()));
    }
  }
  template <class... Served>
  static void route(Instance& self, const slipway_call& call, Interfaces<Served...>*) {
    std::uint32_t index = 0;
    const bool known = ((index++ == call.interface_index && (dispatch<Served>(self, call), true)) || ...);
    if (known) return;
    if (index == call.interface_index) return dispatch_own(self, call);
    self.complete(call.id,
                  Status(Code::unimplemented, "there is no interface number " + std::to_string(call.interface_index)));
  }
  template <class Interface>
  static void dispatch(Instance& self, const slipway_call& call) {
    std::uint32_t index = 0;
    bool known = false;
    Interface::each([&]<class Method>() {
      if (index++ != call.method) return;
      known = true;
      serve<Method>(self, call);
    });
    if (!known)
      self.complete(call.id, Status(Code::unimplemented, std::string(Interface::id) + " has no method number " +
                                                             std::to_string(call.method)));
  }

  static std::unique_ptr<CallScope> scope_of(const slipway_call& call) {
    auto scope = std::make_unique<CallScope>();
    scope->id = call.id;
    scope->deadline_ns = deadline_after(call.budget_ns);
    scope->traceparent = text_of(call.traceparent);
    scope->tenant = text_of(call.tenant);
    scope->subject = text_of(call.subject);
    scope->roles = text_of(call.roles);
    return scope;
  }

  template <class Method>
  static void serve(Instance& self, const slipway_call& call) {
    using Request = typename Method::Request;
    using Reply = typename Method::Reply;
    auto request = decode_text<Request>(text_of(call.payload), "the request of " + std::string(Method::name));
    if (!request.ok()) return self.complete(call.id, request.status());
    auto scope = scope_of(call);
    Class& plugin = self.plugin();
    if constexpr (requires {
                    Method::call(plugin, std::move(*request), Completer<Reply>(self.host().table(), 0), *scope);
                  }) {
      Method::call(plugin, std::move(*request), Completer<Reply>(self.host().table(), call.id), *scope);
    } else if constexpr (requires {
                           Method::call(plugin, std::move(*request), Completer<Reply>(self.host().table(), 0));
                         }) {
      Method::call(plugin, std::move(*request), Completer<Reply>(self.host().table(), call.id));
    } else if constexpr (requires { Method::call(plugin, std::move(*request), std::as_const(*scope)); }) {
      finish<Reply>(self, std::move(scope),
                    [&](const CallScope& of) { return Method::call(plugin, std::move(*request), of); });
    } else {
      finish<Reply>(self, std::move(scope),
                    [&](const CallScope&) { return Method::call(plugin, std::move(*request)); });
    }
  }
  template <class Reply, class F>
  static void finish(Instance& self, std::unique_ptr<CallScope> scope, F&& method) {
    const CallScope& of = *scope;
    if constexpr (kIsTask<decltype(method(of))>) {
      self.run(std::move(scope), method(of));
    } else {
      const Reply reply = method(of);
      self.complete(of.id, encode_text(reply));
    }
  }

  // slipway.plugin/1
  static void dispatch_own(Instance& self, const slipway_call& call) {
    using namespace slipway::plugin;
    switch (call.method) {
      case Interface::index_of<Health>():
        return self.complete(call.id, encode_text(self.plugin().health()));
      case Interface::index_of<Quiesce>():
        if (!self.idle()) return self.complete(call.id, Status(Code::unavailable, "work is still under way"));
        return self.complete(call.id, encode_text(Empty{}));
      case Interface::index_of<ExportState>():
        return self.complete(call.id, encode_text(StateDocument{Class::kStateVersion, self.plugin().export_state()}));
      case Interface::index_of<ImportState>():
        self.plugin().import_state(value_or_throw(decode_text<StateDocument>(text_of(call.payload), "the state")));
        return self.complete(call.id, encode_text(Empty{}));
      default:
        self.complete(call.id, Status(Code::unimplemented,
                                      std::string(kId) + " has no method number " + std::to_string(call.method)));
    }
  }
};

}  // namespace slipway::detail
