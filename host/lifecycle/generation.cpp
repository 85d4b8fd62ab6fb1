#include "host/lifecycle/generation.hpp"

#include <algorithm>
#include <utility>

namespace slipway::lifecycle {
namespace {

bool is_down(const isolation::WorkerStatus& worker) {
  return worker.state == isolation::WorkerState::restarting || worker.state == isolation::WorkerState::broken;
}

}  // namespace

Generation::Generation(PlannedInstance plan, const base::Clock& clock)
    : plan_(std::move(plan)),
      clock_(clock),
      created_at_(clock.now()),
      updated_at_(created_at_),
      bindings_(plan_.bindings) {}

GenerationState Generation::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

PluginStatus Generation::status() const {
  const manifest::PluginManifest& plugin = plan_.package.manifest;
  const std::lock_guard lock(mutex_);
  return {.id = plugin.id,
          .version = base::to_string(plugin.version),
          .instance = plan_.name,
          .state = state_,
          .reason = reason_,
          .interfaces = plugin.interfaces,
          .digest = digest_,
          .path = plan_.package.folder().string(),
          .bindings = bindings_,
          .threading = std::string(manifest::name_of(plugin.threading)),
          .abi = to_string(plugin.abi.min) + " to " + to_string(plugin.abi.max),
          .permissions = plan_.permissions,
          .placement = plan_.placement,
          .worker = worker_ ? std::optional(worker_->status()) : std::nullopt,
          .created_at = created_at_,
          .updated_at = updated_at_};
}

void Generation::move_to(GenerationState state, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (state != state_ || reason != reason_) updated_at_ = clock_.now();
  state_ = state;
  reason_ = std::move(reason);
}

void Generation::set_digest(std::string digest) {
  const std::lock_guard lock(mutex_);
  digest_ = std::move(digest);
}

void Generation::set_worker(std::shared_ptr<const isolation::WorkerLink> worker) {
  const std::lock_guard lock(mutex_);
  worker_ = std::move(worker);
}

std::vector<std::string> Generation::bindings() const {
  const std::lock_guard lock(mutex_);
  return bindings_;
}

void Generation::set_bindings(std::vector<std::string> bindings) {
  const std::lock_guard lock(mutex_);
  if (bindings != bindings_) updated_at_ = clock_.now();
  bindings_ = std::move(bindings);
}

bool Generation::serves(const std::string& binding) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::find(bindings_, binding) != bindings_.end();
}

std::string Generation::crash() const {
  const auto worker = status().worker;
  if (!worker || worker->reason.empty()) return {};
  return lifecycle::is_down(*worker) || worker->restarts > 0 ? "crashed: its worker " + worker->reason : std::string();
}

bool Generation::is_down() const {
  const auto worker = status().worker;
  return worker && lifecycle::is_down(*worker);
}

Json Generation::last_state() const {
  const std::lock_guard lock(mutex_);
  const auto document = parse_json(worker_ ? worker_->last_state() : std::string());
  return document.ok() ? *document : Json();
}

std::string Generation::title() const {
  return plan_.package.manifest.id + " " + base::to_string(plan_.package.manifest.version);
}

}  // namespace slipway::lifecycle
