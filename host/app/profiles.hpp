// The profile in force: what it is, what another one would change, and the way from one to the other.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "host/api/profile_control.hpp"
#include "host/app/configuration.hpp"
#include "host/base/clock.hpp"
#include "host/bridge/caller.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/lifecycle/on_blocking.hpp"
#include "host/lifecycle/revisions.hpp"
#include "host/telemetry/log.hpp"

namespace slipway::app {

struct ProfilesParts {
  lifecycle::Lifecycle& lifecycle;
  const loader::CurrentTrust& trust;
  runtime::Runtime& runtime;
  bridge::Caller& caller;
  const base::Clock& clock;
  telemetry::Log log;
  const Sources& sources;
  const config::SiteConfig& site;
  // Told of each profile that comes into force, right after its bindings were published.
  std::function<void(const manifest::Profile&)> in_force;
};

// What a trial came to, or that it is still under way.
struct ChangeUnderWay {
  std::string summary;
  std::string state;  // trying, applied, withdrawn
  std::string reason;
};

// Everything is safe from any thread. A change has lifecycle's turn from the look at the profile in force until it is
// recorded, so one that comes meanwhile is refused.
class Profiles final : public api::ProfileControl {
 public:
  Profiles(ProfilesParts parts, InForce first);

  [[nodiscard]] std::shared_ptr<const InForce> current() const;
  [[nodiscard]] ChangeUnderWay last_trial() const;
  // Records the profile that the host started with, when it is no revision yet.
  boost::asio::awaitable<Status> remember_start();
  // Takes the profile file over when it differs from what it was when it was last taken.
  boost::asio::awaitable<void> reload_file();

  Answer<api::ProfileAnswer> put(rollout::Actor actor, api::ProfileRequest request, rollout::IfVersion version,
                                 rollout::Mode mode) override;
  Answer<api::ProfileAnswer> roll_back(rollout::Actor actor, api::RollbackRequest request, rollout::Mode mode) override;
  Answer<api::ProfileAnswer> swap(rollout::Actor actor, std::string binding, api::SwapRequest request,
                                  rollout::Mode mode) override;
  Answer<rollout::Page<lifecycle::Revision>> history(rollout::PageRequest page) override;
  Answer<lifecycle::Revision> revision(std::int64_t number) override;

 private:
  struct Wanted {
    Json document;
    std::string author;
    std::string reason;
    rollout::IfVersion version;  // of the profile that it was made from
    std::string file_digest{};   // of the profile file, when it comes from there
    bool is_swap = false;        // then only a version is said
  };
  struct Prepared {
    InForce next;
    lifecycle::Changes changes;
    std::vector<std::string> warnings;
  };

  template <class Work>
  auto aside(Work work) const -> boost::asio::awaitable<decltype(work())>;
  Status record_start();
  [[nodiscard]] lifecycle::Plan running() const;
  Result<Prepared> prepare(const Wanted& wanted, rollout::Mode mode) const;
  Answer<api::ProfileAnswer> apply(Wanted wanted, lifecycle::ApplyOptions options, rollout::Mode mode);
  Answer<api::ProfileAnswer> carry_out(const lifecycle::Turn& turn, Wanted wanted, Prepared prepared,
                                       lifecycle::ApplyOptions options);
  boost::asio::awaitable<void> try_out(lifecycle::Turn turn, Wanted wanted, Prepared prepared,
                                       lifecycle::ApplyOptions options);
  boost::asio::awaitable<void> end_watch(std::int64_t number);
  boost::asio::awaitable<void> returned(std::shared_ptr<const InForce> before, std::string reason);
  void set_trial(ChangeUnderWay trial);
  void take(InForce next);

  ProfilesParts parts_;
  lifecycle::Revisions revisions_;
  mutable std::mutex mutex_;
  std::shared_ptr<const InForce> current_;
  ChangeUnderWay trial_;
};

// Work with the disk, off the threads of the network. It ends whatever happens, so the pool takes it also when full.
template <class Work>
auto Profiles::aside(Work work) const -> boost::asio::awaitable<decltype(work())> {
  std::optional<decltype(work())> result;
  const Status done = co_await lifecycle::end_on_blocking(parts_.runtime.blocking(), [&result, &work] {
    result.emplace(work());
    return Status();
  });
  if (!done.ok()) throw Error(done);
  co_return *std::move(result);
}

}  // namespace slipway::app
