#include "tests/simulation/bugs.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace slipway::sim {
namespace {

using Call = World::Call;
using Carry = World::Carry;

template <class Interface, class Method>
bool is(const Call& call, std::string_view binding) {
  return call.binding.starts_with(binding) && call.method == Interface::template index_of<Method>();
}

// The same call with another request, or with another answer.
template <class Request>
Result<std::string> with_request(const Call& call, const Carry& carry, const std::function<void(Request&)>& change) {
  Request request = *decode_text<Request>(call.payload, "request");
  change(request);
  return carry(encode_text(request));
}
template <class Reply>
Result<std::string> with_reply(const Result<std::string>& reply, const std::function<void(Reply&)>& change) {
  if (!reply.ok()) return reply;
  Reply value = *decode_text<Reply>(*reply, "reply");
  change(value);
  return encode_text(value);
}

template <class Interface, class Method>
void change_requests(World& world, std::string binding, std::function<void(typename Method::Request&)> change) {
  world.between = [=](const Call& call, const Carry& carry) {
    if (!is<Interface, Method>(call, binding)) return carry(call.payload);
    return with_request<typename Method::Request>(call, carry, change);
  };
}
template <class Interface, class Method>
void change_replies(World& world, std::string binding, std::function<void(typename Method::Reply&)> change) {
  world.between = [=](const Call& call, const Carry& carry) {
    auto reply = carry(call.payload);
    if (!is<Interface, Method>(call, binding)) return reply;
    return with_reply<typename Method::Reply>(reply, change);
  };
}
void change_writes(World& world, std::function<void(storage::WriteRequest&)> change) {
  change_requests<storage::Interface, storage::Write>(world, "storage", std::move(change));
}
// Whether a write is about a rollout.
bool decides(const storage::WriteRequest& write) {
  return std::any_of(write.puts.begin(), write.puts.end(), [](const auto& put) { return put.key.kind == "rollout"; });
}
// A strategy that is wrong, but always in the same way.
void change_strategy(World& world, const std::function<void(strategy::StepReply&)>& change) {
  for (auto& [binding, plugin] : world.plugins) {
    if (!binding.starts_with("strategies.")) continue;
    plugin = [honest = plugin, change](std::string_view interface, std::uint32_t method, const std::string& payload) {
      const auto reply = honest(interface, method, payload);
      const bool step = method == strategy::Interface::index_of<strategy::Step>();
      return step ? with_reply<strategy::StepReply>(reply, change) : reply;
    };
  }
}

void store_ignores_tokens(World& world) {
  change_writes(world, [](auto& write) { write.expect_leases.clear(); });
}

void store_ignores_every_condition(World& world) {
  change_writes(world, [](auto& write) {
    write.expect_leases.clear();
    write.expect.clear();
  });
}

void provider_ignores_tokens(World& world) {
  change_requests<provider::Interface, provider::Apply>(world, "provider", [&world](auto& desired) {
    const auto* before = world.provider.desired(desired.tenant, desired.application);
    if (before != nullptr) desired.token = std::max(desired.token, before->token);
  });
}

void one_lease_for_two(World& world) {
  world.between = [](const Call& call, const Carry& carry) {
    if (!is<storage::Interface, storage::Lease>(call, "storage")) return carry(call.payload);
    const auto reply = with_request<storage::LeaseRequest>(call, carry, [](auto& lease) { lease.owner = "anybody"; });
    return with_reply<storage::LeaseReply>(reply, [](auto& lease) { lease.owner.clear(); });
  };
}

// The answer says what the store is about to do.
void acknowledged_before_it_is_durable(World& world) {
  world.between = [&world](const Call& call, const Carry& carry) {
    if (!is<storage::Interface, storage::Write>(call, "storage")) return carry(call.payload);
    const auto write = *decode_text<storage::WriteRequest>(call.payload, "request");
    if (!decides(write)) return carry(call.payload);
    simulate::MemoryStore promise = world.storage;
    promise.on_commit = nullptr;
    storage::WriteReply reply;
    try {
      reply = promise.write(write);
    } catch (const Error& error) {
      return Result<std::string>(error.status());
    }
    world.time.after(milliseconds(2), [&world, write, side = call.side, payload = call.payload] {
      (void)world.carry_out({side, "storage", storage::Interface::index_of<storage::Write>(), "", payload},
                            storage::kId);
    });
    return Result<std::string>(encode_text(reply));
  };
}

void word_answered_and_forgotten(World& world) {
  world.between = [&world](const Call& call, const Carry& carry) {
    if (!is<storage::Interface, storage::Write>(call, "storage")) return carry(call.payload);
    if (call.payload.find("word ") == std::string::npos ||
        call.payload.find(R"(\"kind\":\"command\")") == std::string::npos)
      return carry(call.payload);
    simulate::MemoryStore promise = world.storage;
    promise.on_commit = nullptr;
    return Result<std::string>(
        encode_text(promise.write(*decode_text<storage::WriteRequest>(call.payload, "request"))));
  };
}

void journal_forgotten(World& world) {
  change_writes(world, [](auto& write) {
    std::erase_if(write.appends, [](const auto& append) { return append.stream.name.starts_with("journal/"); });
  });
}

void batch_torn(World& world) {
  change_writes(world, [](auto& write) {
    if (decides(write)) std::erase_if(write.puts, [](const auto& put) { return put.key.kind == "application"; });
  });
}

void failure_ends_at_the_bad_release(World& world) {
  change_writes(world, [](auto& write) {
    for (auto& put : write.puts) {
      if (put.key.kind != "application") continue;
      auto application = *decode_text<rollout::Application>(put.value, "application");
      for (const auto& other : write.puts) {
        if (other.key.kind != "rollout") continue;
        const auto record = *decode_text<rollout::Record>(other.value, "rollout");
        if (record.rollout.state == State::rolled_back) application.stable_release = record.rollout.to_release;
      }
      put.value = encode_text(application);
    }
  });
}

void weights_off_by_one(World& world) {
  change_requests<provider::Interface, provider::Apply>(world, "provider", [](auto& desired) {
    if (desired.groups.size() > 1 && desired.groups[1].weight > 0) --desired.groups[1].weight;
  });
}

void groups_mixed_up(World& world) {
  change_requests<provider::Interface, provider::Apply>(world, "provider", [](auto& desired) {
    if (desired.groups.size() > 1) std::swap(desired.groups[0].weight, desired.groups[1].weight);
  });
}

void begun_is_taken_for_ready(World& world) {
  change_replies<provider::Interface, provider::Observe>(world, "provider", [](auto& seen) {
    for (auto& group : seen.groups) {
      group.ready = group.replicas;
      group.ready_since.assign(static_cast<std::size_t>(group.replicas), Instant{1});
    }
  });
}

void wait_forgotten(World& world) {
  change_requests<strategy::Interface, strategy::Step>(world, "strategies.", [](auto& question) {
    question.now = question.now + seconds(30);
    for (auto& analysis : question.observation.analyses) analysis.finding = strategy::Finding::passed;
  });
}

void command_lost(World& world) {
  change_requests<strategy::Interface, strategy::Step>(world, "strategies.",
                                                       [](auto& question) { question.observation.commands.clear(); });
}

// Now and then an answer is the one to the question before.
void answered_twice(World& world) {
  auto last = std::make_shared<std::string>();
  auto count = std::make_shared<int>(0);
  world.between = [=](const Call& call, const Carry& carry) {
    auto reply = carry(call.payload);
    if (!is<strategy::Interface, strategy::Step>(call, "strategies.") || !reply.ok()) return reply;
    const std::string before = std::exchange(*last, *reply);
    return before.empty() || ++*count % 10 != 0 ? reply : Result<std::string>(before);
  };
}

// The more it was asked, the more it says.
void strategy_that_remembers(World& world) {
  auto count = std::make_shared<int>(0);
  change_strategy(world, [=](auto& reply) { reply.reason += " (question " + std::to_string(++*count) + ")"; });
}

void capacity_below_the_budget(World& world) {
  change_strategy(world, [](auto& reply) {
    for (auto& group : reply.groups) {
      if (group.role == strategy::kStable) group.replicas = std::min(group.replicas, 1);
    }
  });
}

void weight_before_replicas(World& world) {
  change_strategy(world, [](auto& reply) {
    if (reply.outcome != strategy::Outcome::progressing || reply.groups.size() < 2) return;
    reply.groups[0].weight = 0;
    reply.groups[1].weight = kAllTraffic;
  });
}

void baseline_taken_from_stable(World& world) {
  change_strategy(world, [](auto& reply) {
    const auto group = [&](std::string_view role) {
      return std::find_if(reply.groups.begin(), reply.groups.end(), [&](const auto& one) { return one.role == role; });
    };
    const auto baseline = group(strategy::kBaseline);
    if (baseline != reply.groups.end()) group(strategy::kStable)->replicas -= std::min(1, baseline->replicas);
  });
}

void baseline_later_than_its_canary(World& world) {
  change_strategy(world, [](auto& reply) {
    if (reply.groups.size() < 3 || reply.groups[1].weight > 250'000) return;
    reply.groups[0].weight += std::exchange(reply.groups[2].weight, 0);
  });
}

// Now and then an application's order holds the groups of another one.
void orders_cross(World& world) {
  change_requests<provider::Interface, provider::Apply>(world, "provider", [&world, count = 0](auto& desired) mutable {
    const auto* others = world.provider.desired(desired.tenant, desired.application == "shop" ? "blog" : "shop");
    if (others != nullptr && ++count % 10 == 0) desired.groups = others->groups;
  });
}

void removal_not_carried_out(World& world) {
  world.between = [](const Call& call, const Carry& carry) {
    const bool removal = is<provider::Interface, provider::Remove>(call, "provider");
    return removal ? Result<std::string>(encode_text(Empty{})) : carry(call.payload);
  };
}

// As an engine that goes to sleep without having set its alarm.
void wake_forgotten(World& world) {
  for (const World::Side side : {World::Side::first, World::Side::second})
    world.clock_of(side).loses = [count = 0]() mutable { return ++count % 40 == 0; };
}

std::uint32_t weight_in(const std::vector<rollout::OrderedGroup>& groups, const std::string& release) {
  const auto found =
      std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.release == release; });
  return found == groups.end() ? 0 : found->weight;
}
// One millionth more for the new release, where a rollout that is in the state already is stored again in it.
void gives_more_while(World& world, State state) {
  const auto stored = std::make_shared<std::map<std::string, rollout::Record>>();
  change_writes(world, [=](auto& write) {
    for (auto& put : write.puts) {
      if (put.key.kind != "rollout") continue;
      auto record = *decode_text<rollout::Record>(put.value, "rollout");
      const auto& groups = record.order.groups;
      const rollout::Record& before = (*stored)[record.rollout.id];
      const auto had = weight_in(before.order.groups, record.rollout.to_release);
      if (groups.size() == 2 && before.rollout.state == state && record.rollout.state == state && had < kAllTraffic) {
        for (auto& group : record.order.groups)
          group.weight = group.release == record.rollout.to_release ? had + 1 : kAllTraffic - had - 1;
        put.value = encode_text(record);
      }
      (*stored)[record.rollout.id] = record;
    }
  });
}
void pause_not_kept(World& world) { gives_more_while(world, State::paused); }
void way_back_turns(World& world) { gives_more_while(world, State::rolling_back); }

constexpr std::array kBugs = {
    Bug{"store_ignores_tokens", "the store accepts writes whatever lease they name", store_ignores_tokens},
    Bug{"store_ignores_every_condition", "a second decision after a takeover is written over the first",
        store_ignores_every_condition},
    Bug{"provider_ignores_tokens", "the provider takes orders of a host that has lost its lease",
        provider_ignores_tokens},
    Bug{"one_lease_for_two", "the store gives one lease to two hosts", one_lease_for_two},
    Bug{"acknowledged_before_it_is_durable", "the world is told a decision before it is stored",
        acknowledged_before_it_is_durable},
    Bug{"word_answered_and_forgotten", "a person's command is answered with OK and not stored",
        word_answered_and_forgotten},
    Bug{"journal_forgotten", "decisions are stored without their entries in the journal", journal_forgotten},
    Bug{"batch_torn", "of a decision, the rollout is stored and the application is not", batch_torn},
    Bug{"failure_ends_at_the_bad_release", "a rollout that failed leaves its release as the stable one",
        failure_ends_at_the_bad_release},
    Bug{"weights_off_by_one", "weights do not add up to one million", weights_off_by_one},
    Bug{"groups_mixed_up", "the provider is told the weights the wrong way round", groups_mixed_up},
    Bug{"begun_is_taken_for_ready", "replicas count as ready when they have been started", begun_is_taken_for_ready},
    Bug{"wait_forgotten", "pauses and analyses count as over before they are", wait_forgotten},
    Bug{"command_lost", "the strategy is not told what people asked for", command_lost},
    Bug{"answered_twice", "one completion of a call is taken for the answer to the next", answered_twice},
    Bug{"strategy_that_remembers", "a strategy answers the same question in another way the second time",
        strategy_that_remembers},
    Bug{"capacity_below_the_budget", "a strategy takes old replicas away before new ones serve",
        capacity_below_the_budget},
    Bug{"weight_before_replicas", "a strategy gives all traffic to the first replica that is ready",
        weight_before_replicas},
    Bug{"baseline_taken_from_stable", "a strategy takes the baseline's replicas away from the stable release",
        baseline_taken_from_stable},
    Bug{"baseline_later_than_its_canary", "a strategy gives the canary traffic before the baseline",
        baseline_later_than_its_canary},
    Bug{"orders_cross", "the order of one application reaches the provider for another one", orders_cross},
    Bug{"removal_not_carried_out", "the provider keeps what runs of an application that was deleted",
        removal_not_carried_out},
    Bug{"wake_forgotten", "a host that waits for a moment is not woken then", wake_forgotten},
    Bug{"pause_not_kept", "a paused rollout gives its release more traffic", pause_not_kept},
    Bug{"way_back_turns", "a rollout that goes back gives the release that it leaves more traffic", way_back_turns},
};

}  // namespace

std::span<const Bug> bugs() { return kBugs; }

const Bug* find_bug(std::string_view name) {
  const auto found = std::find_if(kBugs.begin(), kBugs.end(), [&](const Bug& bug) { return bug.name == name; });
  return found == kBugs.end() ? nullptr : &*found;
}

}  // namespace slipway::sim
