// Writing a plugin: a class, and one macro line.
//
//   class Window final : public slipway::Plugin<Settings> {
//    public:
//     using Serves = slipway::Interfaces<slipway::gate::Interface>;
//     using Plugin::Plugin;
//     slipway::gate::CheckReply check(const slipway::gate::CheckRequest& request) { … }
//   };
//   SLIPWAY_PLUGIN(Window)
//
// Each method of a served interface is a member function of the same name, in one of three shapes:
//   Reply method(Request)                       answers at once
//   task<Reply> method(Request)                 answers when the coroutine ends
//   void method(Request, Completer<Reply>)      answers when, and from whichever thread, it likes
// Any may take a `const CallScope&` as last argument: who asked, on whose behalf, until when. Throw Error to end the
// call with a status; any other exception becomes INTERNAL. Nothing ever crosses the ABI as an exception.
//
// Optional members: void start(); void stop(); plugin::HealthReply health(); Json export_state(); void
// import_state(Json). stop is called once no new work comes; the destructor joins what start began.
#pragma once

#include <concepts>
#include <memory>
#include <slipway/host.hpp>
#include <slipway/interfaces/plugin.hpp>
#include <unordered_map>

namespace slipway {

template <class... Served>
struct Interfaces {};

// Base of every plugin class: configuration, decoded strictly, and the host.
template <class SettingsType>
class Plugin {
 public:
  using Settings = SettingsType;
  Plugin(Host& host, Settings settings) : host_(host), settings_(std::move(settings)) {}
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  void start() {}
  void stop() {}
  plugin::HealthReply health() { return {}; }
  // Version of the exported state's schema; 0 when the plugin keeps none.
  static constexpr std::int64_t kStateVersion = 0;
  Json export_state() { return nullptr; }
  void import_state(const plugin::StateDocument&) {}

 protected:
  ~Plugin() = default;
  Host& host() { return host_; }
  [[nodiscard]] const Host& host() const { return host_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  Host& host_;
  Settings settings_;
};

}  // namespace slipway

#include <slipway/detail/export.hpp>

// Exports the class as the plugin of this library. Once, at namespace scope.
#define SLIPWAY_PLUGIN(Class)                                                                   \
  extern "C" __attribute__((visibility("default"))) const slipway_plugin* slipway_plugin_entry( \
      std::uint32_t host_major, std::uint32_t host_minor, slipway_blob* error) {                \
    return ::slipway::detail::Export<Class>::entry(host_major, host_minor, error);              \
  }
