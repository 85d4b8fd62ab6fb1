#include "host/app/daemon.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>
#include <thread>
#include <utility>

#include "host/api/version.hpp"
#include "host/app/bounds.hpp"
#include "host/config/reload.hpp"
#include "host/loader/key_files.hpp"
#include "host/loader/trust_settings.hpp"
#include "host/services/instance_sink.hpp"
#include "host/telemetry/metric_catalogue.hpp"

namespace slipway::app {
namespace {

constexpr Duration kResumePatience = seconds(30);
constexpr Duration kStartPatience = seconds(60);

runtime::RuntimeSettings runtime_settings(const config::SiteConfig& site, const telemetry::Log& log) {
  const std::uint32_t threads = site.threads != 0 ? site.threads : std::max(2U, std::thread::hardware_concurrency());
  const auto tell = [&log](std::uint32_t spare) {
    log.warn(
        "every thread was held for a second; a spare one was started. A plugin blocks without declaring threading "
        "\"blocking\": see slipway_plugin_calls_in_flight",
        {{"spare_threads", static_cast<std::int64_t>(spare)}});
  };
  const auto tell_once = [&log, told = false]() mutable {
    if (!std::exchange(told, true))
      log.error("every thread and every spare one is held: nothing goes on until one of them is let go");
  };
  return {.threads = threads,
          .blocking = {.name = "blocking", .threads = site.blocking_threads},
          .spare = {.on_start = tell, .on_none_left = tell_once}};
}

lifecycle::LifecycleSettings lifecycle_settings(const config::SiteConfig& site) {
  lifecycle::LifecycleSettings settings;
  const Duration part{site.shutdown_grace.ns / 4};
  settings.stop = {.drain = part, .cancel = part, .patience = part};
  settings.isolation.required = site.isolation.required;
  settings.isolation.memory_bytes = std::uint64_t{site.isolation.memory_mib} << 20;
  settings.isolation.open_files = site.isolation.open_files;
  settings.isolation.hang = site.isolation.hang;
  return settings;
}

// "gates.webhook" as "webhook"; the name itself when it has no such kind.
std::string without_kind(const std::string& binding) { return binding.substr(binding.find('.') + 1); }

rollout::Wiring wiring_of(const manifest::Profile& profile) {
  rollout::Wiring wiring;
  for (const auto& [binding, leads_to] : profile.bindings) {
    if (binding.starts_with("gates.")) wiring.gates.push_back(without_kind(binding));
  }
  for (const manifest::Notification& notification : profile.notifications) {
    const std::string name = without_kind(notification.binding);
    if (!wiring.notified_of.contains(name)) wiring.notifiers.push_back(name);
    auto& types = wiring.notified_of[name];
    types.insert(types.end(), notification.events.begin(), notification.events.end());
  }
  return wiring;
}

rollout::EngineSettings engine_settings(const config::SiteConfig& site, rollout::HostIdentity identity,
                                        const manifest::Profile& profile) {
  rollout::EngineSettings settings;
  settings.host = std::move(identity);
  settings.lease = site.host.lease;
  settings.environment = site.environment;
  settings.bounds = bounds_of(site);
  settings.wiring = wiring_of(profile);
  return settings;
}

api::ServerSettings server_settings(const config::SiteConfig& site) {
  // The configuration was checked, so the address parses.
  const config::Endpoint endpoint = config::parse_listen(site.listen).value();
  return {.address = endpoint.address,
          .port = endpoint.port,
          .header_bytes = site.limits.header_bytes,
          .body_bytes = site.limits.body_bytes,
          .connections = site.limits.connections,
          .streams = site.limits.streams,
          .request_timeout = site.limits.request_timeout,
          .idle_timeout = site.limits.idle_timeout};
}

api::ServerObserver observer(telemetry::Metrics& metrics) {
  return {
      .connections =
          [&metrics](std::int64_t change) {
            metrics.gauge(telemetry::metric::kHttpConnections).add(static_cast<double>(change));
          },
      .streams =
          [&metrics](std::int64_t change) {
            metrics.gauge(telemetry::metric::kEventStreams).add(static_cast<double>(change));
          },
      .refused =
          [&metrics](std::string_view reason) { metrics.counter(telemetry::metric::kHttpRefused, {reason}).add(); }};
}

template <class Which>
std::string names_of(const std::vector<lifecycle::PluginStatus>& plugins, const Which& which) {
  std::string names;
  for (const lifecycle::PluginStatus& plugin : plugins)
    if (which(plugin.state)) names += (names.empty() ? "" : ", ") + plugin.instance;
  return names;
}

using Generation = lifecycle::GenerationState;
bool is_on_its_way(Generation state) { return state < Generation::prepared; }
// Has begun to end, or was given up.
bool is_unended(Generation state) { return state == Generation::draining || state == Generation::failed; }

}  // namespace

Daemon::Daemon(Configuration configuration, rollout::HostIdentity identity, std::string token, Sources sources,
               telemetry::Log log, const base::Clock& clock, base::Random& random)
    : configuration_(std::move(configuration)),
      site_(configuration_.site),
      sources_(std::move(sources)),
      log_(std::move(log)),
      clock_(clock),
      random_(random),
      started_(clock.now()),
      ids_(clock, random),
      span_source_(configuration_.site.telemetry.otlp, clock_, random_, metrics_),
      runtime_(runtime_settings(configuration_.site, log_)),
      trust_(configuration_.trust),
      first_contact_(runtime_, std::filesystem::path(configuration_.site.state_directory) / "first-contacts",
                     std::string(api::kVersion)),
      loader_({.store = std::filesystem::path(configuration_.site.state_directory) / "packages",
               .first_contact = [this](const auto& package) { return first_contact_.check(package); }},
              trust_),
      http_client_(runtime_.executor(), {}),
      spans_(span_source_, configuration_.site.telemetry.otlp, identity, runtime_.executor(), http_client_, clock_,
             random_, log_, metrics_),
      calls_(metrics_),
      caller_(routes_, calls_, span_source_.tracer()),
      events_(log_),
      http_(http_client_),
      secrets_(caller_),
      events_service_(events_),
      bindings_service_(caller_),
      store_service_(caller_),
      broker_(runtime_.executor(),
              {&http_, &timers_service_, &secrets_, &events_service_, &bindings_service_, &store_service_}),
      lifecycle_(lifecycle_settings(configuration_.site),
                 {runtime_, loader_, clock_, [this](const auto& instance) { return make_sink(instance); }, routes_,
                  [this](const std::string& binding, const std::string& version) {
                    return engine_.uses_of_strategy(binding, version);
                  },
                  [this](const lifecycle::PlannedInstance& planned) { return is_revoked(trust_, planned); }}),
      timers_(runtime_.executor()),
      engine_({runtime_.executor(), caller_, clock_, timers_, ids_, random_, log_, metrics_, span_source_.tracer()},
              engine_settings(configuration_.site, identity, configuration_.in_force.profile)),
      profiles_({lifecycle_, trust_, runtime_, caller_, clock_, log_, sources_, configuration_.site,
                 [this](const manifest::Profile& profile) { engine_.rewire(wiring_of(profile)); }},
                configuration_.in_force),
      gauges_({lifecycle_, loader_.residents(), routes_, runtime_, engine_}, metrics_),
      view_(configuration_.site, profiles_, lifecycle_, trust_, caller_, metrics_, gauges_, started_),
      authenticator_(std::move(token)),
      idempotency_(caller_, clock_),
      api_({engine_, view_, profiles_, authenticator_, idempotency_, clock_, random_, log_, metrics_, &request_ids_,
            std::move(identity.name), span_source_.tracer()}),
      server_(
          runtime_.context(), server_settings(configuration_.site),
          [this](api::Request request) { return api_.handle(std::move(request)); }, observer(metrics_)) {
  metrics_.gauge(telemetry::metric::kBuildInfo, {api::kVersion, __VERSION__}).set(1);
  metrics_.gauge(telemetry::metric::kStartTime).set(static_cast<double>(started_.ns) / 1e9);
  add_phases();
}

Daemon::~Daemon() { runtime_.stop(); }

void Daemon::add_phases() {
  phases_.add({"spans",
               [this]() -> boost::asio::awaitable<Status> {
                 spans_.start();
                 co_return Status();
               },
               [this] {
                 // Without a stop it ends a start that failed, and has the whole grace.
                 const Duration grace = configuration_.site.shutdown_grace;
                 const Duration left = stops_by_ ? Duration{*stops_by_ - clock_.steady_ns()} : grace;
                 return spans_.stop(telemetry::patience_at_end(grace, left));
               }});
  phases_.add({"plugins", [this] { return start_plugins(); },
               [this]() -> boost::asio::awaitable<void> {
                 const Status stopped = co_await lifecycle_.stop();
                 plugins_ended_ = stopped.ok();
                 if (!stopped.ok()) log_.warn("not every plugin stopped in time", {{"reason", to_string(stopped)}});
               }});
  phases_.add({"rollouts",
               [this]() -> boost::asio::awaitable<Status> {
                 events_.lead_to(&engine_);
                 return engine_.resume(kResumePatience);
               },
               [this]() -> boost::asio::awaitable<void> {
                 const Duration patience{configuration_.site.shutdown_grace.ns / 2};
                 const Status stopped = co_await engine_.stop(patience);
                 events_.lead_to(nullptr);
                 if (!stopped.ok())
                   log_.warn("not every rollout finished its step; the next start goes on with them",
                             {{"reason", stopped.message}});
               }});
  phases_.add({"api", [this] { return start_api(); },
               [this]() -> boost::asio::awaitable<void> {
                 view_.set_serving(false);
                 server_.close();
                 // What is answered now may have made a decision that is durable: its client is to learn of it.
                 co_await server_.finish(Duration{configuration_.site.shutdown_grace.ns / 4});
                 server_.abort();
               }});
}

boost::asio::awaitable<Status> Daemon::start_plugins() {
  auto plan = configuration_.in_force.plan;
  const Status started = co_await lifecycle_.start(std::move(plan));
  if (!started.ok()) co_return started;
  co_return co_await profiles_.remember_start();
}

boost::asio::awaitable<Status> Daemon::start_api() {
  if (const Status started = server_.start(); !started.ok()) co_return started;
  view_.set_serving(true);
  co_return Status();
}

std::shared_ptr<runtime::HostSink> Daemon::make_sink(const lifecycle::PlannedInstance& instance) {
  return std::make_shared<services::InstanceSink>(services::Requester{instance.name, instance.permissions}, log_,
                                                  metrics_, broker_, clock_, &request_ids_);
}

std::optional<Status> Daemon::run(const std::function<boost::asio::awaitable<Status>()>& work, Duration patience) {
  // The promise is shared: should the work outlast our patience, its answer finds a home that nobody visits.
  auto done = std::make_shared<std::promise<Status>>();
  auto answer = done->get_future();
  boost::asio::co_spawn(
      runtime_.executor(), [work]() -> boost::asio::awaitable<Status> { return work(); },
      [done](const std::exception_ptr& failure, Status status) {
        if (failure) status = Status(Code::internal, "an unexpected error");
        done->set_value(std::move(status));
      });
  if (answer.wait_for(std::chrono::nanoseconds(patience.ns)) == std::future_status::timeout) return {};
  return answer.get();
}

Status Daemon::start() {
  runtime_.start();
  if (const auto started = run([this] { return phases_.start(); }, kStartPatience)) return *started;
  const std::string waits_for = names_of(lifecycle_.status(), is_on_its_way);
  return {Code::deadline_exceeded, "the start is not done after " + to_string(kStartPatience) + ": its phase \"" +
                                       phases_.current() + "\" still runs" +
                                       (waits_for.empty() ? "" : "; not ready: " + waits_for)};
}

bool Daemon::stop() {
  stops_by_ = clock_.steady_ns() + configuration_.site.shutdown_grace.ns;
  const auto stopped = run(
      [this]() -> boost::asio::awaitable<Status> {
        co_await phases_.stop();
        co_return Status();
      },
      configuration_.site.shutdown_grace);
  const bool in_time = stopped && stopped->ok();
  if (!in_time)
    log_.warn("stopping took too long; the process ends now",
              {{"phase", phases_.current()}, {"plugins", names_of(lifecycle_.status(), is_unended)}});
  return in_time && plugins_ended_;
}

void Daemon::reload() {
  const auto loaded = config::load_site_config(sources_.site);
  for (const config::Fault& fault : loaded.faults)
    log_.error("the configuration is not taken over", {{"fault", config::to_string(fault)}});
  if (!loaded.config) return;
  for (const config::Change& change : config::compare(site_, *loaded.config))
    log_.info("configuration", {{"change", change.sentence}});
  site_ = config::reloaded(site_, *loaded.config);
  log_.set_level(site_.log.level);
  if (const Status opened = log_.reopen(site_.log.file); !opened.ok())
    log_.error("the log goes on where it was", {{"reason", opened.message}});
  engine_.set_bounds(bounds_of(site_));
  server_.set_limits(server_settings(site_));
  reload_trust();
  boost::asio::co_spawn(runtime_.executor(), follow_reload(), boost::asio::detached);
}

void Daemon::reload_trust() {
  const auto loaded = loader::load_trust(site_, loader::key_directory(sources_.site.variables));
  for (const Problem& problem : loaded.problems)
    log_.error("the trust policy is not taken over",
               {{"fault", config::to_string(config::Fault{{"site configuration", 0}, problem})}});
  if (!loaded.policy) return;
  trust_.replace(loaded.policy);
  const std::vector<RevokedUse> revoked = revoked_uses(trust_, lifecycle_.status());
  report_revocations(revoked, log_, metrics_);
  for (const RevokedUse& use : revoked) {
    if (std::ranges::find(announced_, use) == announced_.end()) engine_.announce(event_of(use));
  }
  announced_ = revoked;
}

boost::asio::awaitable<void> Daemon::follow_reload() {
  if (trust_.policy()->settings().on_revocation == loader::OnRevocation::retire) co_await retire_revoked_now();
  co_await profiles_.reload_file();
}

boost::asio::awaitable<void> Daemon::retire_revoked_now() {
  auto uses = retirable(revoked_uses(trust_, lifecycle_.status()), profiles_.current()->plan, log_);
  if (uses.empty()) co_return;
  const lifecycle::Turn turn = co_await lifecycle_.take_turn_urgently("the end of revoked plugins");
  if (turn == nullptr) co_return;
  co_await retire_revoked(lifecycle_, turn, profiles_.current()->plan, std::move(uses), trust_, log_);
  report_revocations(revoked_uses(trust_, lifecycle_.status()), log_, metrics_);
}

}  // namespace slipway::app
