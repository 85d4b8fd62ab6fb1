// Everything that happened in a world since the last step, and what the checks have to remember of the time before.
#pragma once

#include <deque>
#include <memory>
#include <set>

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
struct Commit {
  World::Side side;
  RecordPtr before;  // null for the first
  RecordPtr after;
  std::optional<rollout::Application> application;  // as the same write left it
  std::vector<rollout::JournalEntry> entries;
  [[nodiscard]] bool tells(std::string_view kind) const;
};
struct Ordered {
  World::Side side;
  provider::Desired before;  // generation 0: the first
  provider::Desired desired;
  [[nodiscard]] bool repeated() const { return before.generation == desired.generation; }
};

class Watch {
 public:
  explicit Watch(World& world);

  // Since the last step.
  std::vector<Claim> claims;
  std::vector<Commit> commits;
  std::vector<Ordered> orders;
  // Since the begin.
  std::map<std::string, RecordPtr> records;               // rollouts by id
  std::optional<rollout::Application> application;        // as it is stored
  std::map<std::int64_t, std::set<std::string>> decided;  // groups by the number of their order
  std::map<std::string, World::Side> actors;              // by token, and what it is a token of
  std::map<int, int> words;                               // how often people's words were carried out
  std::set<int> heard;                                    // words that were answered with OK
  World& world;
  bool over = false;  // the storm has passed, and all has come to rest that can
  // Its strategy, without any host between.
  [[nodiscard]] AskStrategy strategy_of(const rollout::Record& record) const;
  // The most replicas of a release that the provider has told to be ready, within the time that a decision may take.
  [[nodiscard]] std::int32_t told_ready(const std::string& release) const;
  // What it has told the last time.
  [[nodiscard]] std::int32_t last_ready(const std::string& release) const;
  [[nodiscard]] bool quiet() const { return claims.empty() && commits.empty() && orders.empty() && !over; }
  void next_step();

  // Hears a line for each thing that happens.
  std::function<void(const std::string&)> tell;

 private:
  void committed(const storage::WriteRequest& stored);
  void committed(const storage::WriteRequest& stored, const storage::Put& put);
  void tell_of(const Commit& commit);

  struct Look {
    std::int64_t at;
    std::int32_t ready;
  };
  std::map<std::string, std::deque<Look>> looks_;
};

std::string text_of(const std::vector<rollout::OrderedGroup>& groups);
std::string text_of(const provider::Desired& desired);
// "word 7!" in a reason.
std::string word_text(int number);

}  // namespace slipway::sim
