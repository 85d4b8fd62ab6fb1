#include "tests/simulation/invariants.hpp"

#include <algorithm>

#include "host/rollout/baseline.hpp"
#include "tests/simulation/replay.hpp"

namespace slipway::sim {
namespace {

using rollout::OrderedGroup;
using rollout::Phase;
using rollout::Record;

std::string subject(const Commit& commit) { return "rollout to " + commit.after->rollout.to_release; }

std::uint32_t weight_of(const Record& record, const std::string& release) {
  for (const OrderedGroup& group : record.order.groups) {
    if (group.release == release) return group.weight;
  }
  return 0;
}
bool same_attempt(const Commit& commit) {
  return commit.before && commit.before->rollout.attempt == commit.after->rollout.attempt;
}
bool rises(const Commit& commit, const OrderedGroup& group) {
  return same_attempt(commit) && group.weight > weight_of(*commit.before, group.release);
}
// Traffic goes back, so that nobody waits for replicas of the release that it leaves.
bool goes_back(const Record& record) { return record.retreat.has_value(); }

std::string durable_before_applied(Watch& watch) {
  for (const Ordered& order : watch.orders) {
    const Standing& standing = watch.applications[order.desired.application];
    const auto holds = [&](const auto& decided) {
      const auto known = decided.find(order.desired.generation);
      return known != decided.end() && known->second.contains(text_of(order.desired));
    };
    if (!holds(standing.decided) && (standing.application || !holds(standing.before)))
      return "order " + std::to_string(order.desired.generation) + " (" + text_of(order.desired) +
             ") reached the provider, and the store has no such decision";
  }
  return {};
}

std::string one_actor_per_token(Watch& watch) {
  const auto taken = [&](const std::string& token, World::Side side) {
    const auto [actor, fresh] = watch.actors.emplace(token, side);
    return !fresh && actor->second != side;
  };
  for (const Claim& claim : watch.claims) {
    const std::string token = "token " + std::to_string(claim.lease.token) + " of the lease " + claim.lease.name;
    if (!claim.held) return "a write was accepted under " + token + ", which was not held";
    if (taken(token, claim.side)) return "two hosts have written under " + token;
  }
  for (const Ordered& order : watch.orders) {
    const std::string token =
        "token " + std::to_string(order.desired.token) + " of the application " + order.desired.application;
    if (taken(token, order.side)) return "two hosts have ordered under " + token;
    if (order.desired.token < order.before.token)
      return "an order was taken under " + token + " after one under " + std::to_string(order.before.token);
  }
  return {};
}

std::string traffic_has_a_reason(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    const std::int64_t generation = commit.after->order.generation;
    if (commit.before && commit.before->order.generation == generation) continue;
    const bool told = std::any_of(commit.entries.begin(), commit.entries.end(), [&](const auto& entry) {
      return entry.generation == generation && !entry.reason.empty();
    });
    if (!told) return subject(commit) + ": the journal does not tell why there is order " + std::to_string(generation);
  }
  return {};
}

std::string weights_sum_up(Watch& watch) {
  for (const Ordered& order : watch.orders) {
    std::uint64_t sum = 0;
    bool serves = false;
    for (const auto& group : order.desired.groups) {
      sum += group.weight;
      serves = serves || group.role == strategy::kStable;
    }
    const bool nobody_yet = sum == 0 && !serves;
    if (sum != kAllTraffic && !nobody_yet)
      return "weights add up to " + std::to_string(sum) + ": " + text_of(order.desired);
  }
  return {};
}

std::string weight_needs_replicas(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    for (const OrderedGroup& group : commit.after->order.groups) {
      if (rises(commit, group) && commit.ready_of(group.release) == 0)
        return subject(commit) + ": the weight of " + group.release + " rises to " + std::to_string(group.weight) +
               " and no replica of it was ready";
    }
  }
  return {};
}

// Ready replicas of the groups that have traffic, as far as the order has room for them.
std::int32_t serving(const std::vector<OrderedGroup>& groups, const Commit& commit) {
  std::int32_t sum = 0;
  for (const OrderedGroup& group : groups) {
    if (group.weight > 0) sum += std::min(group.replicas, commit.ready_of(group.release));
  }
  return sum;
}

// What a strategy promises, by its settings; none but a rolling update takes replicas away before others serve.
std::int32_t promised_by(const Record& record) {
  const std::int32_t all = record.spec.replicas;
  const Json settings = tree_of(record.rollout.strategy.settings);
  if (!settings.contains("max_unavailable")) return all;
  const auto count = [&](const char* name) {
    const Json& given = settings.at(name);
    return *parse_count(given.is_string() ? given.get<std::string>() : to_text(given));
  };
  const std::int32_t unavailable = count("max_unavailable").of(all, Round::down);
  const bool at_least_one = unavailable == 0 && count("max_surge").of(all, Round::up) == 0;
  return all - (at_least_one ? 1 : std::min(unavailable, all));
}

// Whether a group has the replicas for its weight, of all that are promised or at least of all that is ready anywhere.
bool can_carry(const Commit& commit, const OrderedGroup& group) {
  const std::int64_t ready = commit.ready_of(group.release);
  if (ready >= std::int64_t{group.weight} * promised_by(*commit.after) / kAllTraffic) return true;
  std::int64_t anywhere = ready;
  for (const OrderedGroup& other : commit.after->order.groups) {
    if (other.release != group.release) anywhere += std::min(other.replicas, commit.ready_of(other.release));
  }
  return std::int64_t{group.weight} * anywhere <= ready * kAllTraffic + anywhere;
}

// A way back promises what the application's rollback asks for, or one replica when it is forced, and nothing where no
// release has served before.
std::int32_t promised_on_the_way_back(const Record& record) {
  if (record.retreat->home.empty()) return 0;
  if (record.retreat->haste == rollout::Haste::forced) return 1;
  return record.spec.rollback.min_ready.of(record.spec.replicas, Round::up);
}

std::string capacity_as_promised(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    if (!same_attempt(commit) || commit.before->order.generation == commit.after->order.generation) continue;
    const Record& after = *commit.after;
    const std::int32_t promised = goes_back(after) ? promised_on_the_way_back(after) : promised_by(after);
    const std::int32_t left = serving(after.order.groups, commit);
    const std::int32_t had = serving(commit.before->order.groups, commit);
    if (left < promised && left < had)
      return subject(commit) + ": order " + std::to_string(after.order.generation) + " (" +
             text_of(after.order.groups) + ") leaves " + std::to_string(left) + " ready replicas of the " +
             std::to_string(promised) + " promised";
    if (goes_back(after)) continue;
    for (const OrderedGroup& group : after.order.groups) {
      if (rises(commit, group) && !can_carry(commit, group))
        return subject(commit) + ": " + std::to_string(group.weight) + " of the traffic goes to " + group.release +
               " with " + std::to_string(commit.ready_of(group.release)) + " replicas ready";
    }
  }
  return {};
}

std::string paused_stands_still(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    const bool paused =
        commit.before && commit.before->rollout.state == State::paused && commit.after->rollout.state == State::paused;
    const std::string& next = commit.after->rollout.to_release;
    if (paused && weight_of(*commit.after, next) > weight_of(*commit.before, next))
      return subject(commit) + " is paused, and its weight rises";
  }
  return {};
}

std::string way_back_is_one_way(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    const bool back = commit.before && commit.before->rollout.state == State::rolling_back && goes_back(*commit.after);
    if (!back) continue;
    const std::string& away = commit.after->retreat->away;
    if (weight_of(*commit.after, away) > weight_of(*commit.before, away))
      return subject(commit) + " goes back, and the weight of " + away + " rises";
  }
  return {};
}

std::string failure_ends_at_the_good_release(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    const Record& after = *commit.after;
    const std::string& good = after.rollout.from_release;
    if (after.rollout.state != State::rolled_back) continue;
    if (weight_of(after, good) != kAllTraffic)
      return subject(commit) + " was rolled back, and " + good + " has not all of the traffic";
    if (!commit.application || commit.application->stable_release != good)
      return subject(commit) + " was rolled back, and " + good + " is not the stable release";
  }
  return {};
}

std::string decided_once(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    const auto& orders = watch.applications[commit.after->rollout.application].decided[commit.after->order.generation];
    if (orders.size() > 1)
      return "two decisions bear the number " + std::to_string(commit.after->order.generation) + ": " +
             *orders.begin() + " and " + *orders.rbegin();
    if (same_attempt(commit) && has_ended(commit.before->rollout.state))
      return subject(commit) + " had ended, and something was decided for it";
    if (commit.before && commit.after->order.generation < commit.before->order.generation)
      return subject(commit) + ": the number of its order went back";
    if (commit.tells("started") && commit.before) return subject(commit) + " was started twice";
  }
  return {};
}

// A decision that rests on the strategy's word.
bool is_step(const Commit& commit) {
  return commit.before && commit.before->phase == Phase::stepping && commit.tells("step");
}
// What a strategy has noted for itself, and nobody sees.
bool is_note(const Commit& commit) {
  const bool moved = commit.before && commit.before->phase == Phase::stepping &&
                     commit.after->phase == Phase::stepping &&
                     commit.after->strategy_state != commit.before->strategy_state;
  return moved && !commit.tells("step") && !commit.tells("strategy");
}

// As many replicas as the spec has, or as an order had that was taken over: who supersedes may want another number.
bool keeps_stable(const Commit& commit, const OrderedGroup& stable) {
  if (!commit.before) return true;
  const OrderedGroup* was = rollout::group_of(commit.before->order, strategy::kStable);
  const bool untouched = was != nullptr && was->release == stable.release && was->replicas == stable.replicas;
  return untouched || stable.replicas == commit.after->spec.replicas;
}

// What is wrong with an order that has a baseline; the canary's first traffic is the baseline's first as well.
std::string fault_beside(const Commit& commit, const OrderedGroup& baseline) {
  const Record& after = *commit.after;
  const OrderedGroup* next = rollout::group_of(after.order, strategy::kNext);
  const OrderedGroup* stable = rollout::group_of(after.order, strategy::kStable);
  if (next == nullptr || stable == nullptr) return "there is a baseline, and not both other groups";
  if (baseline.release != rollout::baseline_of(stable->release)) return "the baseline is none of the stable release";
  if (!keeps_stable(commit, *stable)) return "the stable release has fewer replicas because of the baseline";
  const bool replaced = after.rollout.state == State::superseded;  // the next one clears it away
  const bool over = has_ended(after.rollout.state) && !replaced;
  if (over || after.phase == Phase::watching || after.phase == Phase::finishing)
    return "there is a baseline after the end";
  if (goes_back(after)) return {};
  if (baseline.weight > next->weight) return "the baseline has more of the traffic than the canary";
  const bool first = same_attempt(commit) && next->weight > 0 && weight_of(*commit.before, next->release) == 0;
  return first && baseline.weight == 0 ? "the canary has traffic before the baseline" : "";
}

std::string baseline_beside_both(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    const auto& order = commit.after->order;
    const OrderedGroup* baseline = rollout::group_of(order, strategy::kBaseline);
    if (baseline == nullptr) continue;
    if (std::string fault = fault_beside(commit, *baseline); !fault.empty())
      return subject(commit) + ": " + fault + ": " + text_of(order.groups);
  }
  if (!watch.over) return {};
  for (const auto& [id, record] : watch.records) {
    const std::string& shop = record->rollout.application;
    for (const std::string& release : {record->rollout.from_release, record->rollout.to_release}) {
      if (watch.world.provider.knows(shop, rollout::baseline_of(release)))
        return "all has ended, and the baseline of " + release + " is still there";
    }
  }
  return {};
}

// How a decision differs from what its own entry in the journal leads to.
std::string fault_of_step(const Commit& commit, const rollout::JournalEntry& entry, const AskStrategy& ask) {
  const JsonText& settings = commit.after->rollout.strategy.settings;
  const auto again = replay(entry, settings, ask);
  if (!again.ok()) return "the journal does not lead to this step: " + to_string(again.status());
  const auto& [question, answer] = *again;
  const JsonText& stored = commit.before->strategy_state;
  const bool same_state = question.state == stored || tree_of(question.state) == tree_of(stored);
  if (!same_state || question.observation.commands != commit.before->commands)
    return "what was asked is not what was stored";
  const bool promoted = answer.outcome == strategy::Outcome::promoted;
  const bool follows = promoted ? commit.after->phase != Phase::stepping : commit.after->strategy_state == answer.state;
  return follows ? "" : "asked again, its strategy answers with another state";
}

std::string replays_the_same(Watch& watch) {
  for (const Commit& commit : watch.commits) {
    if (is_note(commit) && commit.after->order.generation != commit.before->order.generation)
      return subject(commit) + ": its order has changed without a step in the journal";
    for (const auto& entry : commit.entries) {
      if (!is_step(commit) || entry.kind != "step") continue;
      if (std::string fault = fault_of_step(commit, entry, watch.strategy_of(*commit.after)); !fault.empty())
        return subject(commit) + ": " + fault;
    }
  }
  if (!watch.over) return {};
  for (const auto& [id, record] : watch.records) {
    const std::string fault =
        fault_of_replay(watch.world.journal(id), record->rollout.strategy.settings, watch.strategy_of(*record));
    if (!fault.empty()) return "the stored journal of the rollout to " + record->rollout.to_release + ": " + fault;
  }
  return {};
}

std::string no_word_is_lost(Watch& watch) {
  if (watch.commits.empty() && !watch.over) return {};
  for (const auto& [word, times] : watch.words) {
    if (times > 1) return word_text(word) + " was carried out " + std::to_string(times) + " times";
  }
  for (const int word : watch.heard) {
    if (watch.words[word] == 0) return word_text(word) + " was answered with OK, and the journal has it not";
  }
  return {};
}

std::string ends_or_says_why(Watch& watch) {
  if (!watch.over) return {};
  for (const auto& [id, record] : watch.records) {
    const auto& rollout = record->rollout;
    if (!has_ended(rollout.state))
      return "rollout to " + rollout.to_release + " is " + std::string(to_name(rollout.state)) +
             " for ever, waiting for \"" + record->wait.what + "\"";
  }
  return {};
}

std::string fault_of_deleted(const World& world, const std::string& name) {
  if (world.storage.find(rollout::keys::removal("acme", name)) != nullptr)
    return name + " was deleted, and is still on its way out";
  const auto* desired = world.provider.desired("acme", name);
  return desired == nullptr ? "" : name + " was deleted, and the provider still has " + text_of(*desired);
}

std::string fault_of_world(const World& world, const rollout::Application& app) {
  const auto* desired = world.provider.desired(app.tenant, app.spec.name);
  const auto steady = rollout::steady_order(app.stable_release, app.spec.replicas, app.generation);
  if (!app.rollout.empty()) return "the application has a rollout that has ended";
  const std::string ordered = desired == nullptr ? "" : text_of(*desired);
  if (ordered != text_of(steady.groups))
    return "decided is " + text_of(steady.groups) + ", ordered is " + (ordered.empty() ? "nothing" : ordered);
  if (!app.stable_release.empty() && world.provider.weight_of(app.spec.name, app.stable_release) != kAllTraffic)
    return app.stable_release + " is stable and has not all of the traffic";
  return {};
}

std::string world_as_decided(Watch& watch) {
  if (!watch.over) return {};
  for (const auto& [name, standing] : watch.applications) {
    std::string fault =
        standing.application ? fault_of_world(watch.world, *standing.application) : fault_of_deleted(watch.world, name);
    if (!fault.empty()) return fault;
  }
  return {};
}

}  // namespace

std::span<const Invariant> invariants() {
  static constexpr std::array kAll = {
      Invariant{"weights_sum_up", weights_sum_up},
      Invariant{"durable_before_applied", durable_before_applied},
      Invariant{"one_actor_per_token", one_actor_per_token},
      Invariant{"traffic_has_a_reason", traffic_has_a_reason},
      Invariant{"weight_needs_replicas", weight_needs_replicas},
      Invariant{"capacity_as_promised", capacity_as_promised},
      Invariant{"paused_stands_still", paused_stands_still},
      Invariant{"way_back_is_one_way", way_back_is_one_way},
      Invariant{"failure_ends_at_the_good_release", failure_ends_at_the_good_release},
      Invariant{"decided_once", decided_once},
      Invariant{"baseline_beside_both", baseline_beside_both},
      Invariant{"replays_the_same", replays_the_same},
      Invariant{"no_word_is_lost", no_word_is_lost},
      Invariant{"ends_or_says_why", ends_or_says_why},
      Invariant{"world_as_decided", world_as_decided},
  };
  return kAll;
}

std::optional<Violation> broken(Watch& watch) {
  if (watch.quiet()) return std::nullopt;
  for (const Invariant& invariant : invariants()) {
    if (std::string what = invariant.fault(watch); !what.empty()) return Violation{invariant.name, std::move(what)};
  }
  watch.next_step();
  return std::nullopt;
}

}  // namespace slipway::sim
