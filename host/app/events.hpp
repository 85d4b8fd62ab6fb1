// What plugins report, handed to whom it concerns.
#pragma once

#include <slipway/interfaces/provider.hpp>

#include "host/rollout/engine.hpp"
#include "host/services/plain_services.hpp"
#include "host/telemetry/log.hpp"

namespace slipway::app {

// Of a store that several hosts share: another one has appended to a stream.
inline constexpr std::string_view kStoreChanged = "storage.changed";

// The engine is set once it exists; what comes before is of no use to anybody, as the engine looks at everything when
// it starts.
class PluginEvents final : public services::EventSink {
 public:
  explicit PluginEvents(telemetry::Log log) : log_(std::move(log)) {}

  void lead_to(rollout::Engine* engine) { engine_ = engine; }
  void emit(const std::string& instance, const std::string& type, const Json& data) override {
    rollout::Engine* engine = engine_;
    if (type == provider::kChanged && engine != nullptr && data.is_object()) {
      return engine->provider_changed(data.value("tenant", ""), data.value("application", ""));
    }
    if (type == kStoreChanged && engine != nullptr) return engine->store_changed();
    log_.debug("a plugin's event has no listener", {{"instance", instance}, {"type", type}});
  }

 private:
  telemetry::Log log_;
  std::atomic<rollout::Engine*> engine_{nullptr};
};

}  // namespace slipway::app
