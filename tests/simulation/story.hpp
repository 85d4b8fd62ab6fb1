// One plan, told from its begin to the moment when all has come to rest, with every invariant checked at each step.
#pragma once

#include "tests/simulation/bugs.hpp"
#include "tests/simulation/invariants.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/real_plugin.hpp"

namespace slipway::sim {

struct Outcome {
  std::optional<Violation> violation;
  std::map<State, int> rollouts;  // how many ended so
  std::map<std::string_view, int> sights;
  std::int64_t steps = 0;
  std::int64_t simulated_ns = 0;
};

// Hears a line for each thing that happens.
using History = std::function<void(const std::string&)>;

class Story {
 public:
  explicit Story(const Plan& plan, const Bug* bug = nullptr, History history = {});
  Outcome tell();

 private:
  using Side = World::Side;
  struct Said {
    int word;
    std::shared_ptr<std::optional<Result<rollout::Rollout>>> answer;
  };

  void load(const std::string& binding);
  void arrange();
  void arrange(std::size_t product);
  void rage();
  void calm();
  bool until(const std::function<bool()>& holds, Duration limit);
  void run_for(Duration span);

  // Once a second: hosts that are down are started, answers are read.
  void tick();
  void befall(const Mishap& mishap);
  void befall_host(const Mishap& mishap, base::Random& dice);
  void jump(Duration by, base::Random& dice);
  void befall_world(const Mishap& mishap, base::Random& dice);
  void swap_strategy(const std::string& binding, base::Random& dice);
  void people(const Mishap& mishap, base::Random& dice);
  void deploy(std::size_t product, base::Random& dice, rollout::Supersede supersede);
  void resize(std::size_t product, base::Random& dice);
  // Of hosts and of whole applications.
  void oversee(const Mishap& mishap, base::Random& dice);
  void drain(World::Side side, rollout::Draining draining);
  void stop(World::Side side, Duration away);
  void look_after_stops();
  void remove(const std::string& application);
  void make(std::size_t product, base::Random& dice);
  void act(const std::string& id, rollout::Action action, bool full);
  void say(rollout::Control::Answer<rollout::Rollout> answer, int word);
  void help();
  void help(const std::string& id);
  [[nodiscard]] World::Fate fate_of(Side side, std::string_view binding, std::uint32_t method);
  [[nodiscard]] bool rests() const;
  [[nodiscard]] const std::string& name_of(std::size_t product) const { return plan_.products[product].spec.name; }
  [[nodiscard]] std::string any_release(std::size_t product, base::Random& dice) const;
  [[nodiscard]] std::string newest(const std::string& application) const;
  [[nodiscard]] std::string under_way(const std::string& application) const;
  // A host that can be asked; nothing when none is up.
  bool find_host(base::Random& dice);
  void note(const std::string& line);

  const Plan& plan_;
  History history_;
  std::vector<std::unique_ptr<RealPlugin>> plugins_;
  World world_;
  std::map<std::string, World::Plugin> shipped_;  // strategies as they are at first, by binding
  Watch watch_;
  std::optional<Violation> violation_;
  std::int64_t steps_ = 0;
  std::map<Side, World::Resumed> booted_;
  std::map<Side, World::Stopped> stopping_;
  std::map<Side, std::int64_t> down_until_;     // steady clock
  std::map<Side, std::int64_t> cut_off_until_;  // steady clock
  std::map<Side, std::int64_t> no_lease_until_;
  std::vector<Mishap> armed_;  // faults that wait for their call
  std::vector<Said> said_;
  int last_word_ = 0;
  bool stormy_ = false;
};

}  // namespace slipway::sim
