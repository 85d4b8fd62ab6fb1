// What the API may ask of delivery. The engine implements it; tests of the API implement it from memory.
//
// Every function may be called from any thread and resumes on the caller's executor. Statuses: NOT_FOUND for what does
// not exist in the actor's tenant; INVALID_ARGUMENT with problems for a bad document; ALREADY_EXISTS for a name that is
// taken; FAILED_PRECONDITION when the object's state forbids it (409); ABORTED for a stale version (412); UNAVAILABLE
// when the store refuses writes (503).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/rollout/host_model.hpp"
#include "host/rollout/model.hpp"

namespace slipway::rollout {

// Who asks, and by which request: `trace` is its W3C traceparent, `request` its id. What a request with a name in
// `once` makes is kept under that name, in the same write: it is refused as ABORTED when something stands there
// already.
struct Actor {
  std::string tenant;
  std::string subject;
  std::string trace{};
  std::string request{};
  std::string once{};
};

enum class Mode { commit, dry_run };
enum class Draining { no, yes };

template <class T>
struct Page {
  std::vector<T> items;
  std::string next;  // cursor of the next page; empty at the end
};
struct PageRequest {
  std::int32_t limit = 50;
  std::string cursor;
};
struct RolloutFilter {
  std::string application;
  std::optional<State> state;
  bool active_only = false;
};

// The opaque version that the caller has seen; absent means any.
using IfVersion = std::optional<std::string>;

class Control {
 public:
  template <class T>
  using Answer = boost::asio::awaitable<Result<T>>;

  Control() = default;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  virtual ~Control() = default;

  // Creates or changes; `created` tells which. A change of replicas is applied at once when no rollout runs.
  struct PutApplication {
    Application application;
    bool created = false;
  };
  virtual Answer<PutApplication> put_application(Actor actor, ApplicationSpec spec, IfVersion version, Mode mode) = 0;
  virtual Answer<Application> application(Actor actor, std::string name) = 0;
  virtual Answer<Page<Application>> applications(Actor actor, PageRequest page) = 0;
  // Drains and stops everything; FAILED_PRECONDITION while a rollout runs.
  virtual Answer<Empty> delete_application(Actor actor, std::string name, IfVersion version, Mode mode) = 0;

  virtual Answer<Release> create_release(Actor actor, std::string application, ReleaseRequest request, Mode mode) = 0;
  virtual Answer<Release> release(Actor actor, std::string application, std::string name) = 0;
  virtual Answer<Page<Release>> releases(Actor actor, std::string application, PageRequest page) = 0;

  virtual Answer<RolloutPlan> plan_rollout(Actor actor, RolloutRequest request) = 0;
  virtual Answer<Rollout> start_rollout(Actor actor, RolloutRequest request) = 0;
  virtual Answer<Rollout> rollout(Actor actor, std::string id) = 0;
  virtual Answer<Page<Rollout>> rollouts(Actor actor, RolloutFilter filter, PageRequest page) = 0;
  // The rollout after the action; for a rollback of one that has ended, the new rollout that goes back.
  virtual Answer<Rollout> act(Actor actor, std::string id, Action action, ActionRequest request, IfVersion version,
                              Mode mode) = 0;
  virtual Answer<Page<JournalEntry>> journal(Actor actor, std::string id, PageRequest page) = 0;

  // The hosts of the store, whichever of them is asked.
  virtual Answer<std::vector<HostInfo>> hosts(Actor actor) = 0;
  // A host gives its work to the others and takes none, or takes its share again.
  virtual Answer<HostInfo> drain_host(Actor actor, std::string name, Draining draining, Mode mode) = 0;

  // Events after `after`, oldest first, at most `limit`; waits up to `patience` for the first one. OUT_OF_RANGE when
  // events after `after` are no longer kept.
  virtual Answer<std::vector<Event>> events(Actor actor, std::int64_t after, std::int32_t limit, Duration patience) = 0;
  // Number of the newest event; 0 when there is none.
  virtual Answer<std::int64_t> newest_event(Actor actor) = 0;
};

}  // namespace slipway::rollout
