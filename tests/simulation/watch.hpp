// Everything that happened in a world since the last step, and what the checks have to remember of the time before.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>

#include "tests/simulation/replay.hpp"
#include "tests/simulation/world.hpp"

namespace slipway::sim {

using RecordPtr = std::shared_ptr<const rollout::Record>;

// A write that carries leases: what the host believed, and what the store knew.
struct Claim {
  World::Side side;
  storage::ExpectLease lease;
  bool held = false;
};
// One rollout's part of a write.
// Ready replicas by release, as the provider told them.
using Ready = std::map<std::string, std::int32_t>;

struct Commit {
  World::Side side;
  RecordPtr before;  // null for the first
  RecordPtr after;
  std::optional<rollout::Application> application;  // as the same write left it
  Ready ready;                                      // what the host knew when it decided
  std::vector<rollout::JournalEntry> entries;
  [[nodiscard]] bool tells(std::string_view kind) const;
  [[nodiscard]] std::int32_t ready_of(const std::string& release) const;
};
struct Ordered {
  World::Side side;
  provider::Desired before;  // generation 0: the first
  provider::Desired desired;
  [[nodiscard]] bool repeated() const { return before.generation == desired.generation; }
};

// What is stored of an application.
struct Standing {
  std::optional<rollout::Application> application;        // not when it was deleted
  std::map<std::int64_t, std::set<std::string>> decided;  // groups by the number of their order
  std::map<std::int64_t, std::set<std::string>> before;   // the same of those that had its name
};

class Watch {
 public:
  explicit Watch(World& world);

  // Since the last step.
  std::vector<Claim> claims;
  std::vector<Commit> commits;
  std::vector<Ordered> orders;
  // Since the begin.
  std::map<std::string, RecordPtr> records;      // rollouts by id
  std::map<std::string, Standing> applications;  // by name
  std::map<std::string, World::Side> actors;     // by token, and what it is a token of
  std::map<int, int> words;                      // how often people's words were carried out
  std::set<int> heard;                           // words that were answered with OK
  std::map<std::string_view, int> sights;        // what was seen to happen
  World& world;
  bool over = false;  // the storm has passed, and all has come to rest that can
  // Its strategy, without any host between.
  [[nodiscard]] AskStrategy strategy_of(const rollout::Record& record) const;
  [[nodiscard]] bool quiet() const { return claims.empty() && commits.empty() && orders.empty() && !over; }
  void next_step();

  // Hears a line for each thing that happens.
  std::function<void(const std::string&)> tell;

 private:
  // What a host had last been told of each application; nothing that a later question has made void.
  struct Looks {
    int asked = 0;  // by the number of the call
    Ready ready;
  };
  using LooksOf = std::map<std::string, Looks>;

  void sent(const World::Call& call);
  void heard_back(const World::Call& call, const Result<std::string>& reply);
  void committed(const storage::WriteRequest& stored);
  void committed_application(const storage::Put& put);
  void committed(const storage::WriteRequest& stored, const storage::Put& put);
  void see_hosts(const std::string& roster);
  void see_rollout(const Commit& commit);
  void tell_of(const Commit& commit);

  std::map<World::Side, LooksOf> looks_;
  std::unordered_map<std::string, LooksOf> sent_;  // what a host knew when it first sent this write
  std::set<std::string> draining_, drained_;
};

std::string text_of(const std::vector<rollout::OrderedGroup>& groups);
std::string text_of(const provider::Desired& desired);
// "word 7!" in a reason.
std::string word_text(int number);

}  // namespace slipway::sim
