// A world in memory for a strategy: it does what each step wants, as fast as the test says, and checks with every step
// what must hold for any strategy.
#pragma once

#include <gtest/gtest.h>

#include <slipway/interfaces/strategy.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace slipway::test {

// One rollout under one strategy. One thread.
class StrategyWorld {
 public:
  struct Options {
    std::int32_t replicas = 4;
    bool has_stable = true;
    // Time until a started replica is ready; nothing: only when the test says so.
    std::optional<Duration> start_time = seconds(1);
  };

  StrategyWorld(FakeHost& host, const Json& settings, Options options)
      : host_(host), settings_(json_text(settings)), options_(options) {
    seen_.replicas = options.replicas;
    seen_.converged = true;
    if (!options.has_stable) return;
    stable_.exists = true;
    stable_.weight = kAllTraffic;
    stable_.ready_at.assign(static_cast<std::size_t>(options.replicas), now - seconds(3600));
  }

  // Observes, steps, checks the answer, and makes the world so.
  strategy::StepReply step() {
    const strategy::StepRequest request{settings_, state_, observation(), now, options_.has_stable};
    auto reply = host_.call<strategy::Interface, strategy::Step>(request);
    seen_.commands.clear();
    if (!reply.ok()) {
      ADD_FAILURE() << to_string(reply.status());
      return {};
    }
    check(*reply);
    state_ = reply->state;
    if (reply->outcome != strategy::Outcome::failed) apply(*reply);
    last = *reply;
    for (auto& group : last.groups) group.carriers.reset();  // check() has held them to what is ready
    return last;
  }
  // Steps until the strategy waits for something that does not come by itself now.
  strategy::StepReply settle() {
    for (int i = 0; i < 200; ++i) {
      const Json before = encode(observation());
      const JsonText state = state_;
      step();
      if (last.outcome != strategy::Outcome::progressing || (encode(observation()) == before && state_ == state))
        return last;
    }
    ADD_FAILURE() << "the strategy does not come to rest: " << encode_text(last);
    return last;
  }
  strategy::StepReply advance(Duration span) {
    settle();
    now = now + span;
    return settle();
  }
  // Lets time pass from event to event until the rollout ends or nothing more happens.
  strategy::StepReply run(Duration most = seconds(24 * 3600)) {
    const Instant end = now + most;
    while (settle().outcome == strategy::Outcome::progressing) {
      const auto next = next_event();
      if (!next || *next > end) break;
      now = *next;
    }
    return last;
  }

  void ask(strategy::Command command) { seen_.commands.push_back(command); }
  // What every analysis of this name says from now on; without it analyses stay "running".
  void say(const std::string& name, strategy::Finding finding, const std::string& reason = "") {
    findings_[name] = {finding, reason};
  }
  // No analysis of this name has measured anything from now on, until it says something.
  void measure_nothing(const std::string& name) {
    findings_.erase(name);
    unmeasured_.insert(name);
  }
  void open(const std::string& gate) { gates_[gate] = strategy::GateState::open; }
  // Makes so many of the new replicas, or of another group's, ready now.
  void make_ready(std::size_t count, std::string_view role = "next") {
    for (Instant& at : of(role).ready_at) {
      if (at <= now || count == 0) continue;
      at = now;
      --count;
    }
  }
  // The last so many new replicas are ready no more, and will not be by themselves.
  void break_replicas(std::size_t count, std::string_view role = "next") {
    auto& ready_at = of(role).ready_at;
    for (std::size_t i = 0; i < count && i < ready_at.size(); ++i) ready_at[ready_at.size() - 1 - i] = kNever;
  }
  // Traffic stays where it is until it is let go.
  void hold_traffic() { holds_traffic_ = true; }
  void release_traffic() {
    holds_traffic_ = false;
    for (const auto& group : last.groups) of(group.role).weight = group.weight;
  }
  void set_problem(std::string problem) { problem_ = std::move(problem); }
  void set_has_stable(bool has) { options_.has_stable = has; }

  [[nodiscard]] std::int32_t count(std::string_view role) const {
    for (const auto& group : last.groups) {
      if (group.role == role) return group.replicas;
    }
    return 0;
  }
  [[nodiscard]] std::uint32_t weight(std::string_view role) const {
    for (const auto& group : last.groups) {
      if (group.role == role) return group.weight;
    }
    return 0;
  }
  [[nodiscard]] std::int32_t next() const { return count("next"); }
  [[nodiscard]] std::int32_t stable() const { return count("stable"); }
  [[nodiscard]] std::string next_share() const { return share_to_string(weight("next")); }
  [[nodiscard]] const JsonText& state() const { return state_; }

  [[nodiscard]] strategy::Observation observation() const {
    strategy::Observation seen = seen_;
    if (stable_.exists) seen.groups.push_back(as_seen("stable", stable_, ""));
    if (next_.exists) seen.groups.push_back(as_seen("next", next_, problem_));
    if (baseline_.exists) seen.groups.push_back(as_seen("baseline", baseline_, ""));
    for (const auto& a : last.analyses) {
      const auto said = findings_.find(a.name);
      const bool silent = said == findings_.end();
      seen.analyses.push_back({a.name,
                               silent ? strategy::Finding::running : said->second.first,
                               silent ? "" : said->second.second,
                               {},
                               a.run,
                               silent && unmeasured_.contains(a.name)});
    }
    for (const auto& g : last.gates) {
      const auto told = gates_.find(g.name);
      seen.gates.push_back({g.name, told == gates_.end() ? strategy::GateState::pending : told->second, ""});
    }
    seen.converged = converged();
    return seen;
  }

  Instant now{1'700'000'000'000'000'000};
  strategy::StepReply last;

 private:
  static constexpr Instant kNever{INT64_MAX};
  struct Replicas {
    bool exists = false;
    std::vector<Instant> ready_at;
    std::uint32_t weight = 0;
  };

  Replicas& of(std::string_view role) { return role == "stable" ? stable_ : role == "baseline" ? baseline_ : next_; }
  [[nodiscard]] std::int32_t ready(const Replicas& group) const {
    return static_cast<std::int32_t>(
        std::count_if(group.ready_at.begin(), group.ready_at.end(), [&](Instant at) { return at <= now; }));
  }
  [[nodiscard]] provider::ObservedGroup as_seen(const std::string& role, const Replicas& group,
                                                const std::string& problem) const {
    provider::ObservedGroup seen;
    seen.role = role;
    seen.release = role;
    seen.replicas = seen.running = static_cast<std::int32_t>(group.ready_at.size());
    std::copy_if(group.ready_at.begin(), group.ready_at.end(), std::back_inserter(seen.ready_since),
                 [&](Instant at) { return at <= now; });
    seen.ready = ready(group);
    seen.weight = group.weight;
    seen.problem = problem;
    return seen;
  }
  [[nodiscard]] const Replicas& of(std::string_view role) const {
    return role == "stable" ? stable_ : role == "baseline" ? baseline_ : next_;
  }
  [[nodiscard]] bool converged() const {
    const auto whole = [&](const Replicas& g) { return ready(g) == static_cast<std::int32_t>(g.ready_at.size()); };
    const bool traffic = std::all_of(last.groups.begin(), last.groups.end(),
                                     [&](const strategy::Group& g) { return of(g.role).weight == g.weight; });
    return whole(stable_) && whole(next_) && whole(baseline_) && traffic;
  }
  [[nodiscard]] std::optional<Instant> next_event() const {
    std::optional<Instant> soonest = last.wait.until;
    for (const auto* group : {&stable_, &next_, &baseline_}) {
      for (const Instant at : group->ready_at) {
        if (at > now && at != kNever && (!soonest || at < *soonest)) soonest = at;
      }
    }
    return soonest;
  }

  void apply(const strategy::StepReply& reply) {
    for (const char* role : {"stable", "next", "baseline"}) {
      const auto wanted =
          std::find_if(reply.groups.begin(), reply.groups.end(), [&](const auto& g) { return g.role == role; });
      Replicas& group = of(role);
      group.exists = wanted != reply.groups.end();
      const Instant ready = options_.start_time ? now + *options_.start_time : kNever;
      group.ready_at.resize(group.exists ? static_cast<std::size_t>(wanted->replicas) : 0, ready);
      if (!holds_traffic_) group.weight = group.exists ? wanted->weight : 0;
    }
  }

  void check(const strategy::StepReply& reply) {
    EXPECT_LE(reply.state.text.size(), 1024U) << reply.state.text;
    EXPECT_FALSE(reply.reason.empty());
    if (reply.outcome == strategy::Outcome::failed) return;
    std::uint32_t sum = 0;
    for (const auto& group : reply.groups) sum += group.weight;
    EXPECT_TRUE(sum == 0 || sum == kAllTraffic) << encode_text(reply);
    for (const auto& group : reply.groups) {
      const Replicas& there = of(group.role);
      const bool rises = group.weight > there.weight;
      const std::int32_t carriers = group.role == "stable" ? 1 : group.carriers.value_or(group.replicas);
      EXPECT_FALSE(rises && ready(there) == 0) << "traffic for a group without a ready replica: " << encode_text(reply);
      EXPECT_FALSE(group.weight > weight(group.role) && ready(there) < carriers)
          << "the engine would hold this until the carriers are ready: " << encode_text(reply);
    }
    if (reply.outcome == strategy::Outcome::promoted) return;
    EXPECT_NE(reply.wait.kind, strategy::WaitKind::nothing) << encode_text(reply);
    EXPECT_FALSE(reply.wait.what.empty());
    EXPECT_FALSE(reply.wait.next.empty());
    if (reply.wait.until) {
      EXPECT_GT(*reply.wait.until, now) << encode_text(reply);
    }
  }

  FakeHost& host_;
  JsonText settings_;
  JsonText state_;
  Options options_;
  strategy::Observation seen_;
  Replicas stable_;
  Replicas next_;
  Replicas baseline_;
  bool holds_traffic_ = false;
  std::string problem_;
  std::map<std::string, std::pair<strategy::Finding, std::string>> findings_;
  std::set<std::string> unmeasured_;
  std::map<std::string, strategy::GateState> gates_;
};

}  // namespace slipway::test
