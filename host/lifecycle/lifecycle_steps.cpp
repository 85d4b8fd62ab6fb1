// What starting and stopping do to one generation.
#include <algorithm>
#include <slipway/interfaces/plugin.hpp>
#include <utility>

#include "host/base/readable.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/lifecycle/on_blocking.hpp"
#include "host/runtime/async_call.hpp"

namespace slipway::lifecycle {
namespace {

using Interface = slipway::plugin::Interface;
using slipway::plugin::Condition;
using slipway::plugin::HealthReply;

// How long a library that was let go of may take to be unmapped.
constexpr Duration kUnloadPatience = seconds(2);

runtime::Threading threading_of(const manifest::PluginManifest& plugin) {
  switch (plugin.threading) {
    case manifest::Threading::concurrent:
      return runtime::Threading::concurrent;
    case manifest::Threading::blocking:
      return runtime::Threading::blocking;
    case manifest::Threading::serial:
      break;
  }
  return runtime::Threading::serial;
}

runtime::InstanceSettings instance_settings(const PlannedInstance& plan, const LifecycleSettings& settings) {
  const manifest::PluginManifest& plugin = plan.package.manifest;
  return {.name = plan.name,
          .plugin = plugin.id,
          .threading = threading_of(plugin),
          .config = to_text(plan.config),
          .limits = settings.limits};
}

// "disk: is full, network: is slow": the checks that are not healthy.
std::string complaints(const HealthReply& reply) {
  std::string text;
  for (const auto& check : reply.checks) {
    if (check.condition == Condition::healthy) continue;
    text += (text.empty() ? "" : ", ") + check.name + ": " +
            (check.detail.empty() ? std::string(to_name(check.condition)) : check.detail);
  }
  return text.empty() ? "it names no check" : text;
}

}  // namespace

boost::asio::awaitable<Status> Lifecycle::verify(Generation& generation) {
  return on_blocking(around_.runtime.blocking(), [this, &generation] { return verify_now(generation); });
}

Status Lifecycle::verify_now(Generation& generation) {
  auto verified = around_.loader.verify(generation.plan().package);
  if (!verified.ok()) return verified.status();
  generation.set_digest(verified->library.sha256);
  generation.verified = std::move(*verified);
  generation.move_to(GenerationState::verified);
  return {};
}

// What the pool makes is handed over on the strand, where others look at it.
boost::asio::awaitable<Status> Lifecycle::load(Generation& generation) {
  // What its worker loads never comes into this process.
  if (generation.plan().placement == manifest::Placement::isolated) co_return Status();
  std::shared_ptr<const loader::Library> library;
  const Status status = co_await on_blocking(around_.runtime.blocking(), [this, &generation, &library] {
    auto loaded = around_.loader.load(*std::exchange(generation.verified, std::nullopt));
    if (loaded.ok()) library = std::move(*loaded);
    return loaded.status();
  });
  if (!status.ok()) co_return status;
  generation.library = std::move(library);
  generation.move_to(GenerationState::loaded);
  co_return Status();
}

boost::asio::awaitable<Status> Lifecycle::create(Generation& generation) {
  isolation::Isolated made;
  const Status status = co_await on_blocking(around_.runtime.blocking(), [this, &generation, &made] {
    auto created = create_now(generation.plan(), generation.library, generation.verified);
    if (created.ok()) made = std::move(*created);
    return created.status();
  });
  if (!status.ok()) co_return status;
  generation.instance = std::move(made.instance);
  generation.set_worker(std::move(made.worker));
  generation.move_to(GenerationState::loaded);
  co_return Status();
}

// In this process, without a worker; or in a worker of its own.
Result<isolation::Isolated> Lifecycle::create_now(const PlannedInstance& plan,
                                                  const std::shared_ptr<const loader::Library>& library,
                                                  const std::optional<loader::VerifiedPackage>& verified) {
  if (plan.placement == manifest::Placement::isolated) {
    return isolation::make_isolated(around_.runtime, *verified, plan.permissions, instance_settings(plan, settings_),
                                    around_.make_sink(plan), settings_.isolation);
  }
  auto instance = runtime::Instance::create(around_.runtime, library->table(), library,
                                            instance_settings(plan, settings_), around_.make_sink(plan));
  if (!instance.ok()) return instance.status();
  return isolation::Isolated{std::move(*instance), nullptr};
}

boost::asio::awaitable<Status> Lifecycle::begin(Generation& generation) {
  return generation.instance->start(settings_.start);
}

boost::asio::awaitable<Status> Lifecycle::check_health(Generation& generation) {
  // Named: GCC 12 copies an aggregate that is a temporary of a co_await expression byte by byte.
  runtime::CallRequest request{.interface_index = generation.instance->interface_index(Interface::id).value_or(0),
                               .method = Interface::index_of<slipway::plugin::Health>(),
                               .budget_ns = settings_.health.ns,
                               .payload = "{}",
                               .origin = runtime::Origin::host};
  const auto bytes = co_await runtime::async_call(generation.instance, std::move(request));
  if (!bytes.ok()) co_return Status(bytes.status().code, "its first health call failed: " + bytes.status().message);
  const auto reply = decode_text<HealthReply>(*bytes, "its answer to the first health call");
  if (!reply.ok())
    co_return Status(reply.status().code, base::readable(reply.status().message), reply.status().problems);
  if (reply->condition == Condition::unhealthy)
    co_return Status(Code::unavailable, "is unhealthy: " + complaints(*reply));
  generation.move_to(GenerationState::prepared,
                     reply->condition == Condition::degraded ? "is degraded: " + complaints(*reply) : "");
  co_return Status();
}

// What the plugins of earlier starts left in the store; a full pool only puts it off to the next start.
boost::asio::awaitable<void> Lifecycle::sweep() {
  co_await on_blocking(around_.runtime.blocking(), [this] {
    around_.loader.sweep();
    return Status();
  });
}

boost::asio::awaitable<Status> Lifecycle::take_down(Generation& generation, runtime::StopSettings settings) {
  const bool failed = generation.state() == GenerationState::failed;
  const bool bound = generation.state() == GenerationState::active || generation.state() == GenerationState::warm;
  if (bound) {
    generation.move_to(GenerationState::draining);
    publish();
  }
  Status status;
  if (generation.instance) status = co_await generation.instance->stop(settings);
  if (!status.ok() && !failed) generation.move_to(GenerationState::failed, status.message);
  co_await let_go(generation);
  co_return status;
}

// On the pool: the library's destructors run on the thread that drops the last reference.
boost::asio::awaitable<void> Lifecycle::let_go(Generation& generation) {
  if (!generation.library) {
    generation.instance.reset();
    generation.verified.reset();
    const bool ended =
        generation.plan().placement == manifest::Placement::isolated && generation.state() != GenerationState::failed;
    if (ended) generation.move_to(GenerationState::unloaded);
    co_return;
  }
  auto fate = loader::Fate::in_use;
  const bool shared = library_in_use(generation);
  const std::string digest = generation.library->digest();
  auto instance = std::move(generation.instance);
  auto library = std::move(generation.library);
  co_await end_on_blocking(around_.runtime.blocking(), [&] {
    instance.reset();
    library.reset();
    fate = around_.loader.residents().fate_of(digest, shared ? Duration{} : kUnloadPatience);
    return Status();
  });
  if (generation.state() == GenerationState::failed) co_return;
  switch (fate) {
    case loader::Fate::unloaded:
      generation.move_to(GenerationState::unloaded);
      break;
    case loader::Fate::parked:
      generation.move_to(GenerationState::parked, why_parked(digest));
      break;
    case loader::Fate::in_use:
      generation.move_to(GenerationState::retired, "its library is in use");
      break;
  }
}

// With advice once many pile up: each keeps its memory until the process ends.
std::string Lifecycle::why_parked(const std::string& digest) const {
  constexpr std::size_t kMany = 16;
  std::string reason = "its library could not be unloaded";
  const auto parked = around_.loader.residents().parked();
  const auto found = std::ranges::find(parked, digest, &loader::ParkedLibrary::digest);
  if (found != parked.end()) reason += ": " + found->reason;
  if (parked.size() >= kMany)
    reason += "; " + std::to_string(parked.size()) +
              " libraries are parked, so place such plugins isolated, or restart slipwayd at a quiet moment";
  return reason;
}

bool Lifecycle::library_in_use(const Generation& generation) const {
  if (generation.plan().package.manifest.unload == manifest::Unload::keep) return true;
  const auto uses_it = [&](const auto& other) {
    return other.get() != &generation && other->library && other->library->digest() == generation.library->digest();
  };
  return std::ranges::any_of(generations_, uses_it) || std::ranges::any_of(others_, uses_it);
}

}  // namespace slipway::lifecycle
