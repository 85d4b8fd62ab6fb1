// A plugin whose every function a test writes: a table of the ABI over function objects.
#pragma once

#include <slipway/abi/plugin.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

struct slipway_instance {};

namespace slipway::test {

inline std::string_view text_of(slipway_span span) {
  return span.size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(span.data), span.size);
}
inline slipway_span span_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
// Bytes that live as long as the program, such as a literal's.
inline slipway_blob literal_blob(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), nullptr, nullptr};
}
inline slipway_blob owned_blob(std::string text) {
  auto* owner = new std::string(std::move(text));
  return {reinterpret_cast<const std::uint8_t*>(owner->data()), owner->size(), owner,
          [](void* it) { delete static_cast<std::string*>(it); }};
}

// One instance at a time. Set the functions before the instance is created; it outlives the instance.
class ScriptedPlugin {
 public:
  std::vector<std::string> interface_ids{"test.echo/1"};
  std::function<slipway_status(std::string_view config, slipway_blob* error)> on_create;
  std::function<slipway_status(slipway_blob* error)> on_start;
  std::function<void(const slipway_call& call)> on_invoke;
  std::function<void(std::uint64_t call_id)> on_cancel;
  std::function<void(std::uint64_t token, slipway_status status, std::string_view payload)> on_reply;
  std::function<void(std::uint64_t token)> on_wake;
  std::function<void()> on_quiesce;
  std::function<void()> on_destroy;

  // What create got; valid from then until destroy has returned.
  [[nodiscard]] const slipway_host& host() const { return *host_; }
  void complete(std::uint64_t id, slipway_status status, std::string text) const {
    host_->complete(host_->context, id, status, owned_blob(std::move(text)));
  }
  void request(std::string_view service, std::string_view method, std::uint64_t token, std::string_view payload,
               std::int64_t budget_ns = SLIPWAY_NO_DEADLINE) const {
    host_->request(host_->context, span_of(service), span_of(method), token, span_of(payload), budget_ns);
  }

  const slipway_plugin& table() {
    spans_.clear();
    for (const std::string& id : interface_ids) spans_.push_back(span_of(id));
    table_ = {.size = sizeof(slipway_plugin),
              .abi_major = SLIPWAY_ABI_MAJOR,
              .abi_minor = SLIPWAY_ABI_MINOR,
              .min_host_minor = 0,
              .interfaces = spans_.data(),
              .interface_count = static_cast<std::uint32_t>(spans_.size()),
              .reserved = 0,
              .create = &create,
              .start = &start,
              .invoke = &invoke,
              .cancel = &cancel,
              .on_reply = &reply,
              .on_wake = &wake,
              .quiesce = &quiesce,
              .destroy = &destroy};
    next() = this;
    return table_;
  }

 private:
  struct Instance : slipway_instance {
    ScriptedPlugin* plugin = nullptr;
  };
  // create knows only the configuration, so the table that was asked for last on this thread says whose it is.
  static ScriptedPlugin*& next() {
    static thread_local ScriptedPlugin* plugin = nullptr;
    return plugin;
  }
  static ScriptedPlugin& of(slipway_instance* instance) { return *static_cast<Instance*>(instance)->plugin; }

  static slipway_status create(const slipway_host* host, slipway_span config, slipway_instance** instance,
                               slipway_blob* error) {
    ScriptedPlugin& me = *next();
    me.host_ = host;
    const slipway_status status = me.on_create ? me.on_create(text_of(config), error) : SLIPWAY_OK;
    if (status != SLIPWAY_OK) return status;
    me.instance_.plugin = &me;
    *instance = &me.instance_;
    return SLIPWAY_OK;
  }
  static slipway_status start(slipway_instance* instance, slipway_blob* error) {
    return of(instance).on_start ? of(instance).on_start(error) : SLIPWAY_OK;
  }
  static void invoke(slipway_instance* instance, const slipway_call* call) {
    if (of(instance).on_invoke) of(instance).on_invoke(*call);
  }
  static void cancel(slipway_instance* instance, std::uint64_t id) {
    if (of(instance).on_cancel) of(instance).on_cancel(id);
  }
  static void reply(slipway_instance* instance, std::uint64_t token, slipway_status status, slipway_span payload) {
    if (of(instance).on_reply) of(instance).on_reply(token, status, text_of(payload));
  }
  static void wake(slipway_instance* instance, std::uint64_t token) {
    if (of(instance).on_wake) of(instance).on_wake(token);
  }
  static void quiesce(slipway_instance* instance) {
    if (of(instance).on_quiesce) of(instance).on_quiesce();
  }
  static void destroy(slipway_instance* instance) {
    if (of(instance).on_destroy) of(instance).on_destroy();
  }

  std::vector<slipway_span> spans_;
  slipway_plugin table_{};
  const slipway_host* host_ = nullptr;
  Instance instance_;
};

}  // namespace slipway::test
