// One loaded and configured state of a plugin, from plan to end.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "host/base/clock.hpp"
#include "host/bridge/tally.hpp"
#include "host/isolation/worker_link.hpp"
#include "host/lifecycle/plan.hpp"
#include "host/lifecycle/plugin_status.hpp"
#include "host/loader/library.hpp"
#include "host/runtime/instance.hpp"

namespace slipway::lifecycle {

// `status` and `state` are safe from any thread; everything else belongs to the one coroutine that starts or stops it.
class Generation {
 public:
  // The clock outlives it.
  Generation(PlannedInstance plan, const base::Clock& clock);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  [[nodiscard]] const PlannedInstance& plan() const { return plan_; }
  [[nodiscard]] GenerationState state() const;
  [[nodiscard]] PluginStatus status() const;

  void move_to(GenerationState state, std::string reason = {});
  void set_digest(std::string digest);
  // The bindings that lead to it; those of the plan at first.
  [[nodiscard]] std::vector<std::string> bindings() const;
  void set_bindings(std::vector<std::string> bindings);
  // Whether the binding leads to it.
  [[nodiscard]] bool serves(const std::string& binding) const;
  // The worker of an isolated one, while it has one.
  void set_worker(std::shared_ptr<const isolation::WorkerLink> worker);
  // How its worker ended, if it ever did and that is known: "crashed: its worker ended by signal 9 (Killed)".
  [[nodiscard]] std::string crash() const;
  // Whether it has a worker, and that one does not run.
  [[nodiscard]] bool is_down() const;
  // What its worker had told of its state when it was last asked, and would begin its next life with; null: nothing.
  [[nodiscard]] Json last_state() const;
  // "strategy-canary 1.0.0"
  [[nodiscard]] std::string title() const;

  // Between the check and the load; of an isolated one as long as it may be made anew, its package may be gone by then.
  std::optional<loader::VerifiedPackage> verified;
  std::shared_ptr<const loader::Library> library;  // null for an isolated one
  std::shared_ptr<runtime::Instance> instance;
  bool forsaken = false;  // nobody may keep it any longer
  Json handed_over;       // what it exported, when it could not be put back with it; null: nothing
  // Counts its calls.
  const std::shared_ptr<bridge::Tally> tally = std::make_shared<bridge::Tally>();

 private:
  const PlannedInstance plan_;
  const base::Clock& clock_;
  const Instant created_at_;
  mutable std::mutex mutex_;
  GenerationState state_ = GenerationState::staged;
  std::string reason_;
  Instant updated_at_;
  std::string digest_;
  std::vector<std::string> bindings_;
  std::shared_ptr<const isolation::WorkerLink> worker_;
};

}  // namespace slipway::lifecycle
