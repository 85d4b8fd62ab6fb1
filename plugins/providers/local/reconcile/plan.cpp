#include "plugins/providers/local/reconcile/plan.hpp"

#include <algorithm>
#include <utility>

namespace slipway::local {
namespace {

using provider::Desired;
using provider::DesiredGroup;

bool has_group(const Desired& desired, const std::string& release) {
  return std::ranges::any_of(desired.groups, [&](const DesiredGroup& g) { return g.release.version == release; });
}

bool is_listed(const Seen& seen, const std::string& release) {
  return std::ranges::any_of(seen.replicas, [&](const ReplicaView& r) { return r.release == release && r.listed; });
}

// A backend is free once nothing of its release is left in it and no traffic goes there.
Slots kept_slots(const Desired& desired, const Seen& seen) {
  Slots slots = seen.slots;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const bool carries = seen.split && seen.split->share(slot) > 0 && serving_count(seen, slots[slot]) > 0;
    if (!has_group(desired, slots[slot]) && !carries && !is_listed(seen, slots[slot])) slots[slot].clear();
  }
  return slots;
}

Slots filled_slots(const Desired& desired, Slots slots, std::vector<std::string>& waits) {
  for (const char* role : {"stable", "next", "baseline"}) {
    const DesiredGroup* group = group_with_role(desired, role);
    if (group == nullptr || slot_of(slots, group->release.version)) continue;
    const auto free = slot_of(slots, "");
    if (free)
      slots[*free] = group->release.version;
    else
      waits.push_back("release " + group->release.version + " waits for a release before it to be drained");
  }
  return slots;
}

bool serves_nothing(const Desired& desired) {
  return std::ranges::all_of(desired.groups, [](const DesiredGroup& g) { return g.weight == 0; });
}

// The part of a group beside that at `home`; nothing while it shall get traffic and has no backend yet.
std::optional<Part> wanted_part(const DesiredGroup* group, const Slots& slots, std::size_t home) {
  if (group == nullptr) return Part{home, 0};
  if (const auto slot = slot_of(slots, group->release.version)) return Part{*slot, group->weight};
  return group->weight > 0 ? std::nullopt : std::optional(Part{home, 0});
}

// The split that the desired state names; nothing while a group that it needs has no backend yet.
std::optional<Split> wanted_split(const Desired& desired, const Slots& slots) {
  const DesiredGroup* stable = group_with_role(desired, "stable");
  const DesiredGroup* next = group_with_role(desired, "next");
  if (stable == nullptr) stable = std::exchange(next, nullptr);
  const auto home = stable == nullptr ? std::nullopt : slot_of(slots, stable->release.version);
  if (!home) return std::nullopt;
  const auto grown = wanted_part(next, slots, *home);
  const auto level = wanted_part(group_with_role(desired, "baseline"), slots, *home);
  if (!grown || !level) return std::nullopt;
  return Split{*home, *grown, *level};
}

// Traffic moves only to a group that can take it.
bool can_move(const Split& wanted, const Slots& slots, const Seen& seen, std::vector<std::string>& waits) {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const std::uint32_t before = seen.split ? seen.split->share(slot) : 0;
    if (wanted.share(slot) <= before || serving_count(seen, slots[slot]) > 0) continue;
    waits.push_back("release " + slots[slot] + " has no ready replica to take " + share_to_string(wanted.share(slot)) +
                    " of the traffic");
    return false;
  }
  return true;
}

void plan_split(const Desired& desired, const Seen& seen, Plan& plan) {
  plan.split_is_wanted = serves_nothing(desired);
  if (plan.split_is_wanted) return;
  const auto wanted = wanted_split(desired, plan.slots);
  plan.split_is_wanted = wanted && can_move(*wanted, plan.slots, seen, plan.waits);
  plan.split = plan.split_is_wanted ? wanted : seen.split;
}

// Those that help least go first: not serving, then not alive, then the newest.
std::vector<const ReplicaView*> members_by_use(const Seen& seen, const std::string& release) {
  std::vector<const ReplicaView*> members;
  for (const ReplicaView& replica : seen.replicas) {
    if (replica.release == release && !replica.leaving && !replica.guest) members.push_back(&replica);
  }
  std::ranges::sort(members, [](const ReplicaView* a, const ReplicaView* b) {
    return std::tuple(a->serving, a->alive, -a->number) < std::tuple(b->serving, b->alive, -b->number);
  });
  return members;
}

// A replica that serves stays as long as traffic goes to its backend that shall go elsewhere.
bool must_stay(const ReplicaView& replica, const Seen& seen, const Plan& plan) {
  const auto slot = slot_of(seen.slots, replica.release);
  const bool carries = slot && seen.split && seen.split->share(*slot) > 0;
  return replica.serving && carries && !(plan.split_is_wanted && seen.split == plan.split);
}

void shrink(const Seen& seen, const std::string& release, std::size_t wanted, Plan& plan) {
  const auto members = members_by_use(seen, release);
  for (std::size_t i = 0; i + wanted < members.size(); ++i) {
    if (!must_stay(*members[i], seen, plan)) plan.leave.insert(members[i]->id);
  }
}

void plan_groups(const Desired& desired, const Seen& seen, Plan& plan) {
  for (const DesiredGroup& group : desired.groups) {
    const auto wanted = static_cast<std::size_t>(std::max(0, group.replicas));
    const std::size_t there = members_by_use(seen, group.release.version).size();
    if (there < wanted)
      plan.create.insert(plan.create.end(), wanted - there, group.release.version);
    else
      shrink(seen, group.release.version, wanted, plan);
  }
  std::set<std::string> strangers;
  for (const ReplicaView& replica : seen.replicas) {
    if (replica.guest && replica.unwanted && !replica.leaving && !must_stay(replica, seen, plan))
      plan.leave.insert(replica.id);
    if (!has_group(desired, replica.release)) strangers.insert(replica.release);
  }
  for (const std::string& release : strangers) shrink(seen, release, 0, plan);
}

int own_serving_count(const Seen& seen, const std::string& release) {
  return static_cast<int>(std::ranges::count_if(seen.replicas, [&](const ReplicaView& r) {
    return r.serving && !r.leaving && !r.guest && r.release == release;
  }));
}

bool is_settled(const Desired& desired, const ReplicaView& guest) {
  return !guest.unwanted && (guest.serving || !has_group(desired, guest.release));
}

bool is_complete(const Desired& desired, const Seen& seen, const Plan& plan) {
  const bool nothing_to_do = plan.create.empty() && plan.leave.empty() && plan.slots == seen.slots;
  const bool routed = plan.split_is_wanted && plan.split == seen.split;
  const auto is_whole = [&](const DesiredGroup& g) { return own_serving_count(seen, g.release.version) == g.replicas; };
  const auto unsettled = [&](const ReplicaView& r) { return r.leaving || (r.guest && !is_settled(desired, r)); };
  return nothing_to_do && routed && std::ranges::all_of(desired.groups, is_whole) &&
         std::ranges::none_of(seen.replicas, unsettled);
}

Plan plan_removal(const Seen& seen) {
  Plan plan;
  plan.slots = seen.slots;
  plan.split_is_wanted = true;
  for (const ReplicaView& replica : seen.replicas) {
    if (!replica.leaving && !seen.split) plan.leave.insert(replica.id);
  }
  plan.complete = seen.replicas.empty() && !seen.split;
  return plan;
}

}  // namespace

std::uint32_t Split::share(std::size_t slot) const {
  std::uint32_t share = slot == stable_slot ? kAllTraffic - next.ppm - baseline.ppm : 0;
  if (slot == next.slot) share += next.ppm;
  if (slot == baseline.slot) share += baseline.ppm;
  return share;
}

std::optional<std::size_t> slot_of(const Slots& slots, const std::string& release) {
  const auto found = std::ranges::find(slots, release);
  return found == slots.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - slots.begin()));
}

const DesiredGroup* group_with_role(const Desired& desired, std::string_view role) {
  const auto found = std::ranges::find(desired.groups, role, &DesiredGroup::role);
  return found == desired.groups.end() ? nullptr : &*found;
}

int serving_count(const Seen& seen, const std::string& release) {
  return static_cast<int>(std::ranges::count_if(
      seen.replicas, [&](const ReplicaView& r) { return r.serving && !r.leaving && r.release == release; }));
}

Plan make_plan(const Desired& desired, Presence presence, const Seen& seen) {
  if (presence == Presence::kRemoved) return plan_removal(seen);
  Plan plan;
  plan.slots = filled_slots(desired, kept_slots(desired, seen), plan.waits);
  plan_split(desired, seen, plan);
  plan_groups(desired, seen, plan);
  plan.complete = is_complete(desired, seen, plan);
  return plan;
}

}  // namespace slipway::local
