#include "plugins/providers/local/replica/lifecycle.hpp"

namespace slipway::local {
namespace {

constexpr NextStep kNothing{};

NextStep end_process(const ReplicaFacts& f, Moment now) {
  if (!f.terminating) return {Step::kTerminate};
  if (!f.killed && now >= f.kill_at) return {Step::kKill};
  return f.killed ? kNothing : NextStep{Step::kWait, f.kill_at};
}

NextStep leave(const ReplicaFacts& f, Moment now) {
  const bool listed = f.has_backend && f.listing != Listing::kAbsent;
  const bool untold = f.may_be_routed_to && !f.has_backend && f.listing != Listing::kAbsent && !f.terminating;
  if (f.alive && untold && now < f.leave_by) return {Step::kWait, f.leave_by};
  if (f.alive && listed && !f.draining) return {Step::kDrain};
  if (f.alive && listed && f.busy && now < f.drain_until) return {Step::kCount};
  if (f.alive && f.held && !f.terminating && now < f.leave_by) return {Step::kWait, f.leave_by};
  if (f.alive) return end_process(f, now);
  if (listed) return {Step::kUnlist};
  return {f.goal == Goal::kLeave ? Step::kForget : Step::kAbsolve};
}

NextStep start_again(const ReplicaFacts& f, Moment now) {
  if (f.has_backend && f.listing != Listing::kAbsent) return {Step::kUnlist};
  if (now < f.start_at) return {Step::kWait, f.start_at};
  return {Step::kStart};
}

NextStep serve(const ReplicaFacts& f) {
  if (!f.has_backend) return kNothing;
  if (!f.passing) return f.listing == Listing::kServing ? NextStep{Step::kDrain} : kNothing;
  switch (f.listing) {
    case Listing::kAbsent:
      return {Step::kList};
    case Listing::kUnproven:
      return {Step::kProve};
    case Listing::kProven:
    case Listing::kDraining:
      return {Step::kAdmit};
    case Listing::kServing:
      return kNothing;
  }
  return kNothing;
}

}  // namespace

NextStep next_step(const ReplicaFacts& facts, Moment now) {
  if (facts.has_backend && !facts.listing_known) return {Step::kLook};
  if (facts.goal == Goal::kLeave || facts.condemned) return leave(facts, now);
  if (!facts.alive) return start_again(facts, now);
  return serve(facts);
}

}  // namespace slipway::local
