// One machine of a pool: takes up its share of each application, tells what it sees, and answers for the whole.
//
//   apply → order in the store → each machine's share → its reconciler → its report → observe adds them up
//
// Orders are fenced in the store as the reconciler fences them here. Who runs what follows from the order and from who
// is alive; the first live machine by name writes it anew when that changes. One thread: that of the executor.
#pragma once

#include <functional>

#include "plugins/providers/local/base/notices.hpp"
#include "plugins/providers/local/pool/records.hpp"
#include "plugins/providers/local/pool/split.hpp"
#include "plugins/providers/local/reconcile/reconciler.hpp"

namespace slipway::local {

struct PoolSettings {
  std::string name;
  Member self;
  Span between_beats{1000};
  Span between_looks{1000};
  Span between_looks_when_busy{200};  // for a while after each change
};

class Pool {
 public:
  // References must outlive it.
  Pool(boost::asio::any_io_executor executor, PoolSettings settings, Reconciler& reconciler, PoolStore& store,
       Notices& notices);

  // Once.
  void begin();

  // As a provider's, for the whole pool.
  awaitable<Status> apply(provider::Desired desired);
  awaitable<Result<provider::Observation>> observe(provider::Target name);
  awaitable<Status> remove(provider::Removal removal);

  // Something of the application has changed on this machine.
  void changed(const std::string& tenant, const std::string& application);
  // What is wrong with the pool, for a person; empty when nothing is.
  [[nodiscard]] std::string problem() const;
  // Called when that has changed.
  void on_problem(std::function<void()> listener) { on_problem_ = std::move(listener); }

 private:
  struct Part {
    explicit Part(const boost::asio::any_io_executor& executor) : turns(executor) {}
    Turns turns;
    std::int64_t revision = 0;  // taken up here
    Report told;                // as last written
    std::map<std::string, Report> others;
  };

  awaitable<void> keep_beating();
  awaitable<void> look_around();
  void check_name(std::int64_t version);
  void set_problem(std::string& which, std::string text);
  void tell_damage(const std::vector<std::string>& damaged);
  void adopt(const std::vector<SeenMember>& members, Instant now);

  awaitable<void> keep_share();
  awaitable<void> hear();
  awaitable<void> hear_everything();
  awaitable<void> take_up(provider::Target name);
  awaitable<void> place(StoredOrder& stored);
  awaitable<void> obey(Part& part, const Order& order);
  void follow(Part& part, const provider::Target& name, std::vector<Report> reports);
  awaitable<void> tell(provider::Target name);
  awaitable<void> tell(Part& part, const provider::Target& name, Application& application);
  void hold(Part& part, Application& application, const std::vector<Seat>& offers);

  awaitable<Report> report_of(const Part& part, Application& application);
  [[nodiscard]] std::string pool_id(const Seat& seat) const;
  [[nodiscard]] bool is_live(const std::string& machine) const { return live_.contains(machine); }
  [[nodiscard]] bool has_company() const { return live_.size() > 1; }
  [[nodiscard]] std::vector<Machine> machines() const;
  Part& part_of(const provider::Target& name);

  boost::asio::any_io_executor executor_;
  PoolSettings settings_;
  Reconciler& reconciler_;
  PoolRecords records_;
  Notices& notices_;
  std::map<std::string, Member> live_;
  std::map<std::string, std::string> silent_;  // what to say about them, by name
  std::vector<std::string> forgotten_;
  SteadyTime looked_at_{};
  std::map<std::string, std::unique_ptr<Part>> parts_;
  Names untold_, unheard_;
  std::optional<std::int64_t> cursor_;
  SteadyTime busy_until_{};
  Signal wake_;
  std::string beat_problem_, share_problem_, name_problem_, record_problem_;
  std::function<void()> on_problem_ = [] {};
  std::int64_t beats_ = 0;  // version of this machine's record
  int foreign_beats_ = 0;   // in a row
};

// Tells the pool what is told to the host.
class PoolNotices final : public Notices {
 public:
  explicit PoolNotices(Notices& host) : host_(host) {}
  void log(Level level, const std::string& text) override { host_.log(level, text); }
  void changed(const std::string& tenant, const std::string& application) override {
    host_.changed(tenant, application);
    if (pool != nullptr) pool->changed(tenant, application);
  }

  Pool* pool = nullptr;

 private:
  Notices& host_;
};

}  // namespace slipway::local
