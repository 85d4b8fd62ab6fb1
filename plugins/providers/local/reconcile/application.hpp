// One application: makes its replicas, backends and traffic match the newest desired state, again after every change.
// One thread: that of the executor.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "plugins/providers/local/reconcile/plan.hpp"
#include "plugins/providers/local/reconcile/seat.hpp"
#include "plugins/providers/local/replica/replica.hpp"
#include "plugins/providers/local/world/world.hpp"

namespace slipway::local {

// How users are told apart when a desired state asks for it.
struct StickyNames {
  std::string header = "x-user";
  std::string cookie = "slipway_id";
};

// Whether other machines serve the same applications.
enum class Company { kAlone, kPool };

struct ApplicationTools {
  ReplicaTools& replicas;
  World& world;
  StickyNames sticky{};
  Company company = Company::kAlone;
};

// "tenant/application": the key in HAProxy's maps.
std::string application_key(const std::string& tenant, const std::string& application);
// "tenant.application.a", .b, .c: the backend of a slot.
std::string backend_name(const std::string& tenant, const std::string& application, std::size_t slot);

class Application final : public Replica::Listener, public std::enable_shared_from_this<Application> {
 public:
  Application(ApplicationTools& tools, ApplicationRecord record);
  ~Application() override;

  // Takes up what the record says is there, replicas included, and works from then on. Once.
  void begin();

  // Refuses (ABORTED) what is older than seen. Else durable, and a change of weights in effect, when it returns.
  awaitable<Status> apply(provider::Desired desired);
  // Everything of it goes; `gone` tells when. Refuses (ABORTED) an older lease. Durable when it returns.
  Status remove(const provider::Removal& removal);
  awaitable<provider::Observation> observe();
  // How many of this machine's replicas are in a crash loop.
  [[nodiscard]] int crash_loops() const;

  // Those of this machine's replicas that serve.
  [[nodiscard]] std::vector<Seat> seats() const;
  // The replicas of other machines that this one's HAProxy shall route to as well. One that is missing here is taken
  // out, unless the traffic of its release has nowhere else to go.
  void set_guests(std::vector<Seat> guests);
  // Whether HAProxy routes to no guest but those.
  [[nodiscard]] bool follows_guests() const;
  // Which of its replicas other machines may route to; one that leaves waits until it is not among them.
  void hold(const std::function<bool(const Seat&)>& held);

  // Adds the digests of the archives that must stay unpacked: of every replica's release, and of the last few that
  // were desired, so that going back to one finds it there.
  void add_archives(std::set<std::string>& digests) const;

  void proxy_changed();
  [[nodiscard]] bool gone() const { return gone_; }
  // Called when everything of a removed application has gone.
  void on_gone(std::function<void()> listener) { on_gone_ = std::move(listener); }

  void replica_starting() override { save(Durability::kProcess); }
  void replica_changed() override;
  void replica_gone(const std::string& id) override;

 private:
  awaitable<void> run();
  awaitable<void> settle();
  awaitable<void> settle_once();
  awaitable<void> route(const Plan& plan);
  awaitable<void> sweep();
  void recall();
  void take_slots(const Plan& plan);
  void define();
  void seat_guests();
  [[nodiscard]] bool wants_guest(const ReplicaRecord& record) const;
  void create(const Plan& plan);
  void finish_removal();
  void add_replica(ReplicaRecord record);

  [[nodiscard]] Seen seen() const;
  [[nodiscard]] RouteOrder order_of(const Split& split) const;
  [[nodiscard]] BackendSpec spec_of(std::size_t slot) const;
  [[nodiscard]] const provider::Release* release(const std::string& version) const;
  [[nodiscard]] std::optional<std::string> backend_of(const std::string& release) const;
  [[nodiscard]] std::size_t slot_named(const std::string& backend, std::size_t otherwise) const;
  [[nodiscard]] provider::ObservedGroup observed(const std::string& version, const Plan& plan) const;
  [[nodiscard]] Presence presence() const { return record_.removed ? Presence::kRemoved : Presence::kWanted; }
  awaitable<void> pin_programs(provider::Desired& desired);
  [[nodiscard]] const ProgramRecord* program_of(const std::string& version) const;
  void keep_releases();
  void keep_archives();
  void save(Durability durability);

  [[nodiscard]] Slots slots() const { return {record_.slot_a, record_.slot_b, record_.slot_c}; }
  [[nodiscard]] std::string key() const { return application_key(record_.desired.tenant, record_.desired.application); }
  [[nodiscard]] std::string backend(std::size_t slot) const {
    return backend_name(record_.desired.tenant, record_.desired.application, slot);
  }

  ApplicationTools& tools_;
  ApplicationRecord record_;
  std::map<std::string, std::shared_ptr<Replica>> replicas_;
  std::optional<Split> split_;               // what HAProxy does
  std::optional<RouteOrder> order_;          // as last made true
  std::optional<std::vector<Seat>> guests_;  // unknown until told
  Turns turns_;
  Signal wake_;
  std::function<void()> on_gone_ = [] {};
  bool changed_ = false, unsaved_ = false, sweep_due_ = true, gone_ = false;
  std::string problem_;
};

}  // namespace slipway::local
