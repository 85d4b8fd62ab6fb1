// What to do next for one replica: a pure function of what is known about it. Level-triggered: it looks at facts, never
// at what was done before, so a replica is carried on rightly from any point, also by another process.
#pragma once

#include <chrono>

namespace slipway::local {

using Moment = std::chrono::steady_clock::time_point;

enum class Goal { kServe, kLeave };

// The replica's server in HAProxy.
enum class Listing {
  kAbsent,
  kUnproven,  // added, drained on arrival; HAProxy's own check has not passed yet
  kProven,    // still drained, the check has passed
  kServing,   // may get traffic
  kDraining,  // gets no new request
};

struct ReplicaFacts {
  Goal goal = Goal::kServe;
  bool alive = false;         // its process runs
  bool passing = false;       // its readiness check passes
  bool condemned = false;     // its liveness check failed: it must go and be started again
  bool has_backend = false;   // HAProxy is up and the group's backend is there for it
  bool listing_known = true;  // false after HAProxy came back: its tables must be read first
  Listing listing = Listing::kAbsent;
  bool may_be_routed_to = false;  // HAProxy may be running, but it can't be told anything now
  bool busy = false;              // requests are under way at it
  bool held = false;              // the edge of another machine may route to it
  bool draining = false;          // drain_until is meant
  bool terminating = false;       // SIGTERM was sent; kill_at is meant
  bool killed = false;            // SIGKILL was sent
  Moment start_at{};              // not before
  Moment leave_by{};              // when one that leaves stops waiting for HAProxies to be told
  Moment drain_until{};
  Moment kill_at{};
};

enum class Step {
  kWait,       // until something changes or `due`
  kStart,      // the process
  kLook,       // ask HAProxy what it knows of the server
  kList,       // add the server, drained
  kProve,      // ask HAProxy whether its check has passed
  kAdmit,      // let traffic in
  kDrain,      // let no new request in
  kCount,      // ask HAProxy whether requests are under way
  kTerminate,  // SIGTERM
  kKill,       // SIGKILL to all it started
  kUnlist,     // take the server out
  kAbsolve,    // a condemned one is gone: start again
  kForget,     // it has left
};

struct NextStep {
  Step step = Step::kWait;
  Moment due = Moment::max();
  bool operator==(const NextStep&) const = default;
};

NextStep next_step(const ReplicaFacts& facts, Moment now);

}  // namespace slipway::local
