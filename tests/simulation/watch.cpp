#include "tests/simulation/watch.hpp"

#include <algorithm>

namespace slipway::sim {
namespace {

constexpr std::int64_t kDecisionTakes = 30'000'000'000;
constexpr std::string_view kWord = "word ";

const char* name_of(World::Side side) { return side == World::Side::first ? "first" : "second"; }

template <class Groups, class Text>
std::string joined(const Groups& groups, const Text& text) {
  std::string line;
  for (const auto& group : groups) line += (line.empty() ? "" : " ") + text(group);
  return line;
}
std::string group_text(const std::string& role, const std::string& release, std::int32_t replicas,
                       std::uint32_t weight) {
  return role + "=" + release + "x" + std::to_string(replicas) + "@" + std::to_string(weight);
}

// The number of the word that this entry carried out; 0 for none.
int word_in(const rollout::JournalEntry& entry) {
  const auto at = entry.reason.find(kWord);
  return entry.actor.empty() || at == std::string::npos ? 0 : std::stoi(entry.reason.substr(at + kWord.size()));
}

}  // namespace

std::string word_text(int number) { return std::string(kWord) + std::to_string(number) + "!"; }

std::string text_of(const std::vector<rollout::OrderedGroup>& groups) {
  return joined(groups, [](const auto& g) { return group_text(g.role, g.release, g.replicas, g.weight); });
}
std::string text_of(const provider::Desired& desired) {
  return joined(desired.groups,
                [](const auto& g) { return group_text(g.role, g.release.version, g.replicas, g.weight); });
}

bool Commit::tells(std::string_view kind) const {
  return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.kind == kind; });
}

Watch::Watch(World& of) : world(of) {
  world.storage.on_commit = [this](const storage::WriteRequest& stored) { committed(stored); };
  world.provider.on_apply = [this](const provider::Desired& desired) {
    const auto* before = world.provider.desired(desired.tenant, desired.application);
    orders.push_back({world.acting()->side, *before, desired});
    if (tell && !orders.back().repeated())
      tell("order " + std::to_string(desired.generation) + " under " + std::to_string(desired.token) + ": " +
           text_of(desired));
  };
  world.provider.on_look = [this](const provider::Observation& seen) {
    const std::int64_t now = world.time.clock().steady_ns();
    for (const auto& group : seen.groups) {
      auto& looks = looks_[group.release];
      while (!looks.empty() && looks.front().at < now - 2 * kDecisionTakes) looks.pop_front();
      looks.push_back({now, group.ready});
    }
  };
}

void Watch::next_step() {
  claims.clear();
  commits.clear();
  orders.clear();
}

std::int32_t Watch::told_ready(const std::string& release) const {
  const auto looks = looks_.find(release);
  std::int32_t most = last_ready(release);
  if (looks == looks_.end()) return most;
  for (const Look& look : looks->second) {
    if (look.at >= world.time.clock().steady_ns() - kDecisionTakes) most = std::max(most, look.ready);
  }
  return most;
}

std::int32_t Watch::last_ready(const std::string& release) const {
  const auto looks = looks_.find(release);
  return looks == looks_.end() || looks->second.empty() ? 0 : looks->second.back().ready;
}

AskStrategy Watch::strategy_of(const rollout::Record& record) const {
  const std::string binding = "strategies." + record.rollout.strategy.name + "@";
  return [this, binding](const std::string& version, const std::string& request) {
    return world.plugins.at(binding + version)(strategy::kId, strategy::Interface::index_of<strategy::Step>(), request);
  };
}

// What the host sent counts as its belief, also when something between it and the store has changed it.
void Watch::committed(const storage::WriteRequest& stored) {
  const World::Call* call = world.acting();
  if (call == nullptr) return;
  const auto sent = world.between ? *decode_text<storage::WriteRequest>(call->payload, "write") : stored;
  for (const auto& lease : sent.expect_leases) claims.push_back({call->side, lease, world.storage.holds(lease)});
  for (const auto& put : stored.puts) {
    if (put.key.kind == "application") application = *decode_text<rollout::Application>(put.value, "application");
    if (put.key.kind == "application" && application->rollout.empty()) {
      const auto steady =
          rollout::steady_order(application->stable_release, application->spec.replicas, application->generation);
      decided[steady.generation].insert(text_of(steady.groups));
    }
  }
  for (const auto& put : stored.puts) {
    if (put.key.kind == "rollout") committed(stored, put);
  }
}

void Watch::committed(const storage::WriteRequest& stored, const storage::Put& put) {
  Commit commit{.side = world.acting()->side, .before = records[put.key.id]};
  commit.after = std::make_shared<const rollout::Record>(*decode_text<rollout::Record>(put.value, "rollout"));
  for (const auto& other : stored.puts) {
    if (other.key.kind == "application") commit.application = application;
  }
  for (const auto& append : stored.appends) {
    if (append.stream.name != "journal/" + put.key.id) continue;
    commit.entries.push_back(*decode_text<rollout::JournalEntry>(append.value, "entry"));
    if (const int word = word_in(commit.entries.back()); word != 0) ++words[word];
  }
  const auto& order = commit.after->order;
  decided[order.generation].insert(text_of(order.groups));
  records[put.key.id] = commit.after;
  if (tell) tell_of(commit);
  commits.push_back(std::move(commit));
}

void Watch::tell_of(const Commit& commit) {
  const auto& rollout = commit.after->rollout;
  for (const auto& entry : commit.entries) {
    tell(std::string(name_of(commit.side)) + " decides for " + rollout.to_release + " (" + rollout.id.substr(20) +
         "): " + entry.kind + ", " + std::string(to_name(entry.state)) + ", order " + std::to_string(entry.generation) +
         ": " + entry.reason);
  }
}

}  // namespace slipway::sim
