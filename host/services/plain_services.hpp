// The services that need nothing but a clock or another binding: timers, events, bindings, secrets, store.
#pragma once

#include <slipway/json.hpp>
#include <string>

#include "host/bridge/caller.hpp"
#include "host/services/service.hpp"

namespace slipway::services {

// timers.sleep.
class TimersService final : public Service {
 public:
  [[nodiscard]] std::string_view name() const override { return "timers"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override;
};

// Who hears of what plugins report. Called from any thread; must not block.
class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;
  virtual void emit(const std::string& instance, const std::string& type, const Json& data) = 0;
};

// events.emit.
class EventsService final : public Service {
 public:
  explicit EventsService(EventSink& sink) : sink_(sink) {}
  [[nodiscard]] std::string_view name() const override { return "events"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override;

 private:
  EventSink& sink_;
};

// bindings.call, of interfaces that this host knows; the grant is "bindings".
class BindingsService final : public Service {
 public:
  explicit BindingsService(bridge::Caller& caller) : caller_(caller) {}
  [[nodiscard]] std::string_view name() const override { return "bindings"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override;

 private:
  bridge::Caller& caller_;
};

// secrets.resolve: "<name>:<secret>" is asked of the binding "secrets.<name>"; the grant is "secrets".
class SecretsService final : public Service {
 public:
  explicit SecretsService(bridge::Caller& caller) : caller_(caller) {}
  [[nodiscard]] std::string_view name() const override { return "secrets"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override;

 private:
  bridge::Caller& caller_;
};

// store.get and store.put: records of kind "plugin/<instance>" at the binding "storage"; the grant is "store".
class StoreService final : public Service {
 public:
  explicit StoreService(bridge::Caller& caller) : caller_(caller) {}
  [[nodiscard]] std::string_view name() const override { return "store"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override;

 private:
  boost::asio::awaitable<Result<std::string>> get(const Request& request);
  boost::asio::awaitable<Result<std::string>> put(const Request& request);

  bridge::Caller& caller_;
};

}  // namespace slipway::services
