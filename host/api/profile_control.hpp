// What the API may ask of the profile. host/app implements it; tests of the API implement it from memory.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <slipway/document.hpp>
#include <slipway/settings.hpp>
#include <string>
#include <vector>

#include "host/lifecycle/revisions.hpp"
#include "host/rollout/control.hpp"

namespace slipway::api {

// PUT /api/profile
struct ProfileRequest {
  Json profile;
  std::string reason;
  std::optional<Duration> bake;
  static constexpr auto fields() {
    return slipway::fields(
        required("profile", &ProfileRequest::profile, "The profile that shall be in force."),
        field("reason", &ProfileRequest::reason, "Why, for the history.", at_most(1000)),
        field("bake", &ProfileRequest::bake,
              "How long replaced generations are kept warm; the host goes back to them by itself when too many calls "
              "fail. Without it as long as the site's bake.time, 30s."));
  }
};

// POST /api/profile/rollback
struct RollbackRequest {
  std::optional<std::int64_t> revision;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(field("revision", &RollbackRequest::revision,
                                 "A number of the history; without it the newest earlier profile that is another one "
                                 "and that the host did not go "
                                 "back from by itself."),
                           field("reason", &RollbackRequest::reason, "Why, for the history.", at_most(1000)));
  }
};

// POST /api/bindings/{name}/swap
struct SwapRequest {
  std::string version;
  std::optional<Share> share;
  std::optional<Duration> length;
  std::string analyzer;
  std::map<std::string, Json> settings;
  std::optional<Duration> bake;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(
        required("version", &SwapRequest::version, "Versions of the plugin that will do: \"1.2.0\", \"^1.2\".",
                 between(1, 100)),
        field("share", &SwapRequest::share, "First only this share of the calls: \"5%\". Without it all at once."),
        field("for", &SwapRequest::length, "How long the share is tried; 1m without it."),
        field("analyzer", &SwapRequest::analyzer,
              "The analyzer that compares both; without it the host compares faults and latency."),
        field("settings", &SwapRequest::settings, "The analyzer's settings."),
        field("bake", &SwapRequest::bake, "How long the old generation is kept warm afterwards."),
        field("reason", &SwapRequest::reason, "Why, for the history.", at_most(1000)));
  }
};

// What a change comes to. `revision` is 0 while nothing was applied.
struct ProfileAnswer {
  std::int64_t revision = 0;
  std::string state;  // planned, applied, trying, unchanged
  lifecycle::Changes changes;
  std::vector<std::string> warnings;
  static constexpr auto fields() {
    return slipway::fields(
        field("revision", &ProfileAnswer::revision, "The revision that it became; absent before it is applied."),
        required("state", &ProfileAnswer::state,
                 "planned: a dry run. applied. unchanged: nothing differs. trying: a share of the calls is tried; GET "
                 "/api/profile tells what becomes of it."),
        required("changes", &ProfileAnswer::changes, "What is loaded, exchanged, configured, permitted, ended."),
        field("warnings", &ProfileAnswer::warnings, "What is allowed but unwise."));
  }
};

// Any thread; resumes on the caller's executor. Statuses: INVALID_ARGUMENT with problems for a bad profile;
// FAILED_PRECONDITION when it can't run here or another change is under way; ABORTED for a stale version.
class ProfileControl {
 public:
  template <class T>
  using Answer = boost::asio::awaitable<Result<T>>;

  ProfileControl() = default;
  ProfileControl(const ProfileControl&) = delete;
  ProfileControl& operator=(const ProfileControl&) = delete;
  virtual ~ProfileControl() = default;

  virtual Answer<ProfileAnswer> put(rollout::Actor actor, ProfileRequest request, rollout::IfVersion version,
                                    rollout::Mode mode) = 0;
  virtual Answer<ProfileAnswer> roll_back(rollout::Actor actor, RollbackRequest request, rollout::Mode mode) = 0;
  virtual Answer<ProfileAnswer> swap(rollout::Actor actor, std::string binding, SwapRequest request,
                                     rollout::Mode mode) = 0;
  virtual Answer<rollout::Page<lifecycle::Revision>> history(rollout::PageRequest page) = 0;
  virtual Answer<lifecycle::Revision> revision(std::int64_t number) = 0;
};

}  // namespace slipway::api
