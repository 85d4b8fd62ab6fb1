// slipwayd: every part of the host, made and wired by hand, in the order in which they depend on one another.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "host/access/token.hpp"
#include "host/api/api.hpp"
#include "host/api/idempotency.hpp"
#include "host/api/server.hpp"
#include "host/app/configuration.hpp"
#include "host/app/events.hpp"
#include "host/app/profiles.hpp"
#include "host/app/spans.hpp"
#include "host/app/trust.hpp"
#include "host/app/view.hpp"
#include "host/base/clock.hpp"
#include "host/base/ids.hpp"
#include "host/base/random.hpp"
#include "host/bridge/plugin_caller.hpp"
#include "host/bridge/routes.hpp"
#include "host/bridge/telemetry_sink.hpp"
#include "host/isolation/first_contact.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/loader/loader.hpp"
#include "host/loader/trust.hpp"
#include "host/rollout/engine.hpp"
#include "host/runtime/phases.hpp"
#include "host/runtime/runtime.hpp"
#include "host/services/broker.hpp"
#include "host/services/http_client.hpp"
#include "host/services/http_service.hpp"
#include "host/services/plain_services.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::app {

// One start and one stop. Made, started and stopped from main's thread.
class Daemon {
 public:
  Daemon(Configuration configuration, rollout::HostIdentity identity, std::string token, Sources sources,
         telemetry::Log log, const base::Clock& clock, base::Random& random);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Plugins, the resume of rollouts, then the API. What had started is stopped again when a phase fails.
  Status start();
  // The reverse, within the configured grace; applications and their proxy go on. Whether all ended in time.
  bool stop();
  // SIGHUP: reads the site configuration again and takes over what can be; says what can't. Then the profile, when its
  // file was changed.
  void reload();

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  void add_phases();
  // Nothing when the work outlasts the patience.
  std::optional<Status> run(const std::function<boost::asio::awaitable<Status>()>& work, Duration patience);
  void reload_trust();
  boost::asio::awaitable<void> follow_reload();
  boost::asio::awaitable<void> retire_revoked_now();
  std::shared_ptr<runtime::HostSink> make_sink(const lifecycle::PlannedInstance& instance);
  boost::asio::awaitable<Status> start_plugins();
  boost::asio::awaitable<Status> start_api();

  const Configuration configuration_;  // as it was at the start; read from many threads
  config::SiteConfig site_;            // as it is after reloads; main's thread only
  const Sources sources_;
  telemetry::Log log_;
  const base::Clock& clock_;
  base::Random& random_;
  const Instant started_;
  telemetry::Metrics metrics_;
  telemetry::RequestIds request_ids_;
  base::IdSource ids_;
  SpanSource span_source_;  // before the runtime, see there

  runtime::Runtime runtime_;
  loader::CurrentTrust trust_;
  isolation::FirstContact first_contact_;
  loader::Loader loader_;
  services::HttpClient http_client_;
  Spans spans_;
  bridge::Routes routes_;
  bridge::TelemetrySink calls_;
  bridge::PluginCaller caller_;

  PluginEvents events_;
  services::HttpService http_;
  services::TimersService timers_service_;
  services::SecretsService secrets_;
  services::EventsService events_service_;
  services::BindingsService bindings_service_;
  services::StoreService store_service_;
  services::Broker broker_;

  lifecycle::Lifecycle lifecycle_;
  rollout::AsioTimers timers_;
  rollout::Engine engine_;

  Profiles profiles_;
  Gauges gauges_;
  View view_;
  std::vector<RevokedUse> announced_;  // revocations that were told as events
  access::TokenAuthenticator authenticator_;
  api::Idempotency idempotency_;
  api::Api api_;
  api::Server server_;
  runtime::Phases phases_;
  // Whether no code of a plugin holds a thread that would have to be joined.
  bool plugins_ended_ = true;
  std::optional<std::int64_t> stops_by_;  // by the steady clock, once it stops
};

}  // namespace slipway::app
