#include "tests/simulation/watch.hpp"

#include <algorithm>

namespace slipway::sim {
namespace {

constexpr std::uint32_t kObserve = provider::Interface::index_of<provider::Observe>();
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

std::int32_t Commit::ready_of(const std::string& release) const {
  const auto found = ready.find(release);
  return found == ready.end() ? 0 : found->second;
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
  world.on_sent = [this](const World::Call& call) { sent(call); };
  world.on_heard = [this](const World::Call& call, const auto& reply) { heard_back(call, reply); };
}

void Watch::sent(const World::Call& call) {
  if (call.binding == "storage" && call.method == kWrite) sent_.try_emplace(call.payload, looks_[call.side]);
  if (call.binding != "provider" || call.method != kObserve) return;
  const auto target = *decode_text<provider::Target>(call.payload, "target");
  looks_[call.side][target.application].asked = call.number;
}

void Watch::heard_back(const World::Call& call, const Result<std::string>& reply) {
  if (call.binding != "provider" || call.method != kObserve) return;
  Looks& looks = looks_[call.side][decode_text<provider::Target>(call.payload, "target")->application];
  const bool nothing_there = reply.status().code == Code::not_found;
  if (looks.asked != call.number || (!reply.ok() && !nothing_there)) return;
  looks.ready.clear();
  if (nothing_there) return;
  const auto seen = *decode_text<provider::Observation>(*reply, "observation");
  for (const auto& group : seen.groups) looks.ready[group.release] = group.ready;
}

void Watch::next_step() {
  claims.clear();
  commits.clear();
  orders.clear();
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
  for (const auto& key : stored.removes) {
    if (key.kind != "application") continue;
    Standing& standing = applications[key.id];
    for (const auto& [number, groups] : standing.decided) standing.before[number].insert(groups.begin(), groups.end());
    standing.application.reset();
    standing.decided.clear();
    ++sights["applications deleted"];
    if (tell) tell(std::string(name_of(call->side)) + " deletes " + key.id);
  }
  for (const auto& put : stored.puts) {
    if (put.key.kind == "application") committed_application(put);
    if (put.key == rollout::keys::roster()) see_hosts(put.value);
  }
  for (const auto& put : stored.puts) {
    if (put.key.kind == "rollout") committed(stored, put);
  }
}

void Watch::committed_application(const storage::Put& put) {
  const auto [known, is_new] = applications.try_emplace(put.key.id);
  Standing& standing = known->second;
  if (!is_new && !standing.application) ++sights["applications made again"];
  standing.application = *decode_text<rollout::Application>(put.value, "application");
  const auto& application = *standing.application;
  if (!application.rollout.empty()) return;
  const auto steady =
      rollout::steady_order(application.stable_release, application.spec.replicas, application.generation);
  standing.decided[steady.generation].insert(text_of(steady.groups));
}

void Watch::committed(const storage::WriteRequest& stored, const storage::Put& put) {
  Commit commit{.side = world.acting()->side, .before = records[put.key.id]};
  commit.after = std::make_shared<const rollout::Record>(*decode_text<rollout::Record>(put.value, "rollout"));
  const std::string& name = commit.after->rollout.application;
  Standing& standing = applications[name];
  for (const auto& other : stored.puts) {
    if (other.key.kind == "application" && other.key.id == name) commit.application = standing.application;
  }
  const auto known = sent_.find(world.acting()->payload);
  if (known != sent_.end()) commit.ready = known->second[name].ready;
  for (const auto& append : stored.appends) {
    if (append.stream.name != "journal/" + put.key.id) continue;
    commit.entries.push_back(*decode_text<rollout::JournalEntry>(append.value, "entry"));
    if (const int word = word_in(commit.entries.back()); word != 0) ++words[word];
  }
  const auto& order = commit.after->order;
  standing.decided[order.generation].insert(text_of(order.groups));
  records[put.key.id] = commit.after;
  see_rollout(commit);
  if (tell) tell_of(commit);
  commits.push_back(std::move(commit));
}

void Watch::see_rollout(const Commit& commit) {
  if (!commit.before) {
    const auto others = std::count_if(applications.begin(), applications.end(), [&](const auto& entry) {
      return entry.first != commit.after->rollout.application && entry.second.application &&
             !entry.second.application->rollout.empty();
    });
    sights["rollouts begun beside one of another application"] += static_cast<int>(others);
  }
  const bool turned_before = commit.before && commit.before->retreat && commit.after->retreat;
  if (turned_before && commit.before->retreat->haste < commit.after->retreat->haste) ++sights["ways back made faster"];
  if (commit.after->runs.size() > 1 && (!commit.before || commit.before->runs.size() < 2))
    ++sights["rollouts with two analyses at once"];
}

void Watch::see_hosts(const std::string& text) {
  const bool nobody_drains = text.find(R"("draining":true)") == std::string::npos;
  if (nobody_drains && draining_.empty() && drained_.empty()) return;
  const auto roster = *decode_text<rollout::Roster>(text, "roster");
  for (const auto& host : roster.hosts) {
    if (!host.draining && draining_.erase(host.name) > 0) ++sights["drains undone"];
    if (!host.draining) drained_.erase(host.name);
    if (!host.draining) continue;
    draining_.insert(host.name);
    if (share_of(roster, host.name) == 0 && drained_.insert(host.name).second) ++sights["hosts drained"];
  }
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
