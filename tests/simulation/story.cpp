#include "tests/simulation/story.hpp"

#include <algorithm>
#include <set>

#include "tests/simulation/renewed_strategy.hpp"

namespace slipway::sim {
namespace {

constexpr World::Side kSides[] = {World::Side::first, World::Side::second};
constexpr const char* kTenant = "acme";

const char* library_of(const std::string& binding) {
  if (binding == "strategies.canary") return SLIPWAY_CANARY;
  if (binding == "strategies.blue-green") return SLIPWAY_BLUE_GREEN;
  if (binding == "strategies.rolling") return SLIPWAY_ROLLING;
  if (binding == "analyzers.sequential") return SLIPWAY_SEQUENTIAL;
  if (binding == "analyzers.judge") return SLIPWAY_JUDGE;
  return SLIPWAY_THRESHOLD;
}

Behaviour behaviour_of(Quality quality) {
  Behaviour behaviour;
  behaviour.never_ready = quality == Quality::never_ready;
  if (quality == Quality::slow_to_start) behaviour.start = seconds(12);
  return behaviour;
}

// The binding whose next call a mishap strikes: the store and the provider more often than others.
std::string_view struck(std::uint64_t detail) {
  constexpr std::array kBindings = {"storage",    "storage",  "provider", "provider",  "strategies.",
                                    "analyzers.", "metrics.", "gates.",   "notifiers."};
  return kBindings[detail % kBindings.size()];
}

World::Fate fate_for(Mischief kind) {
  switch (kind) {
    case Mischief::fail_before:
      return World::Fate::fail_before;
    case Mischief::fail_after:
      return World::Fate::fail_after;
    case Mischief::late:
      return World::Fate::late;
    case Mischief::repeated:
      return World::Fate::repeated;
    case Mischief::slow:
      return World::Fate::slow;
    case Mischief::hang:
      return World::Fate::hang;
    case Mischief::crash_before:
      return World::Fate::crash_before;
    case Mischief::crash_after:
      return World::Fate::crash_after;
    default:
      return World::Fate::good;
  }
}

Duration between(base::Random& dice, std::uint64_t least_ms, std::uint64_t most_ms) {
  return milliseconds(static_cast<std::int64_t>(least_ms + dice.below(most_ms - least_ms)));
}

}  // namespace

Story::Story(const Plan& plan, const Bug* bug, History history)
    : plan_(plan), history_(std::move(history)), world_(plan.seed), watch_(world_) {
  world_.clock_of(Side::first).set(plan.first.skew, plan.first.ppm);
  world_.clock_of(Side::second).set(plan.second.skew, plan.second.ppm);
  world_.store_wall.set(plan.store.skew, plan.store.ppm);
  std::set<std::string> strategies, bindings = {"analyzers.threshold"};
  for (const Product& product : plan.products) {
    strategies.insert("strategies." + product.spec.strategy.name);
    for (const auto& analysis : product.spec.analyses) bindings.insert("analyzers." + analysis.analyzer);
  }
  bindings.insert(strategies.begin(), strategies.end());
  for (const std::string& binding : bindings) load(binding);
  world_.fate_of = [this](Side side, std::string_view binding, std::uint32_t method) {
    return fate_of(side, binding, method);
  };
  world_.after_turn = [this] {
    ++steps_;
    if (!violation_) violation_ = broken(watch_);
  };
  if (history_) watch_.tell = [this](const std::string& line) { note(line); };
  world_.metrics.counts_failures = true;
  if (bug != nullptr) bug->plant(world_);
  for (const std::string& strategy : strategies) {
    world_.versions[strategy] = "1.0.0";
    shipped_[strategy] = world_.plugins[strategy];
    world_.plugins[strategy + "@1.0.0"] = shipped_[strategy];
  }
}

void Story::load(const std::string& binding) {
  plugins_.push_back(std::make_unique<RealPlugin>(library_of(binding)));
  world_.plugins[binding] = [plugin = plugins_.back().get()](std::string_view interface, std::uint32_t method,
                                                             const std::string& payload) {
    return plugin->call(interface, method, payload);
  };
}

void Story::note(const std::string& line) {
  if (!history_) return;
  const std::string at = to_string(Duration{world_.time.clock().steady_ns() / 1'000'000 * 1'000'000});
  history_(at + "  " + line);
}

Outcome Story::tell() {
  arrange();
  if (!violation_) rage();
  if (!violation_) calm();
  Outcome outcome{.violation = violation_, .steps = steps_, .simulated_ns = world_.time.clock().steady_ns()};
  for (const auto& [id, record] : watch_.records) ++outcome.rollouts[record->rollout.state];
  outcome.sights = watch_.sights;
  return outcome;
}

bool Story::until(const std::function<bool()>& holds, Duration limit) {
  const std::int64_t end = world_.time.clock().steady_ns() + limit.ns;
  while (!violation_ && !holds()) {
    if (world_.time.clock().steady_ns() > end || !world_.turn()) return false;
  }
  return !violation_;
}

void Story::run_for(Duration span) {
  until([] { return false; }, span);
}

// The first release of each serves before anything befalls it.
void Story::arrange() {
  booted_[Side::first] = world_.boot(Side::first, seconds(60));
  until([&] { return booted_[Side::first]->has_value(); }, seconds(60));
  for (std::size_t i = 0; i < plan_.products.size(); ++i) arrange(i);
  if (plan_.two_hosts) booted_[Side::second] = world_.boot(Side::second, seconds(60));
}

void Story::arrange(std::size_t number) {
  const Product& product = plan_.products[number];
  auto plain = product.spec;
  plain.gates.clear();
  for (auto& analysis : plain.analyses) {
    analysis.analyzer = "threshold";
    analysis.settings = json_text(settings_of(analysis.analyzer));
  }
  world_.make_stable(plain, release_name(number, 0));
  (void)world_.make_application(product.spec);
  for (std::size_t i = 0; i < product.releases.size(); ++i) {
    const std::string release = release_name(number, i + 1);
    (void)world_.make_release(product.spec.name, release);
    world_.provider.behave(release, behaviour_of(product.releases[i]));
    if (product.releases[i] == Quality::bad) world_.metrics.error_ratio[release] = 0.5;
  }
}

void Story::rage() {
  stormy_ = true;
  for (const Mishap& mishap : plan_.mishaps) world_.time.after(mishap.at, [this, &mishap] { befall(mishap); });
  tick();
  run_for(kStorm + seconds(5));
}

void Story::tick() {
  look_after_stops();
  for (const auto& [side, resumed] : booted_) {
    const bool failed = world_.up(side) && resumed->has_value() && !(*resumed)->ok();
    if (failed) world_.crash(side);
    if (world_.up(side) || world_.time.clock().steady_ns() < down_until_[side]) continue;
    note("a host starts");
    booted_[side] = world_.boot(side, seconds(60));
  }
  for (const Said& said : said_) {
    if (said.answer->has_value() && (*said.answer)->ok()) watch_.heard.insert(said.word);
  }
  // Nobody else holds the box of a request whose host has died.
  std::erase_if(said_, [](const Said& said) { return said.answer->has_value() || said.answer.use_count() == 1; });
  if (stormy_) world_.time.after(seconds(1), [this] { tick(); });
}

World::Fate Story::fate_of(Side side, std::string_view binding, std::uint32_t method) {
  if (!stormy_) return World::Fate::good;
  const std::int64_t now = world_.time.clock().steady_ns();
  if (binding == "storage" && now < cut_off_until_[side]) return World::Fate::fail_before;
  if (binding == "storage" && method == kLease && now < no_lease_until_[side]) return World::Fate::fail_before;
  const auto found = std::find_if(armed_.begin(), armed_.end(),
                                  [&](const Mishap& one) { return binding.starts_with(struck(one.detail)); });
  if (found == armed_.end()) return World::Fate::good;
  const Mischief kind = found->kind;
  armed_.erase(found);
  note(std::string(to_name(kind)) + ": " + std::string(binding) + " method " + std::to_string(method));
  return fate_for(kind);
}

void Story::befall(const Mishap& mishap) {
  if (!stormy_) return;
  base::SeededRandom dice(mishap.detail);
  if (mishap.kind <= Mischief::crash_after) {
    armed_.push_back(mishap);
    return;
  }
  note("-- " + std::string(to_name(mishap.kind)));
  if (mishap.kind == Mischief::torn_order) return world_.provider.tear_next();
  if (mishap.kind <= Mischief::lose_lease) return befall_host(mishap, dice);
  if (mishap.kind <= Mischief::shut_gate) return befall_world(mishap, dice);
  if (mishap.kind <= Mischief::approve) return people(mishap, dice);
  oversee(mishap, dice);
}

void Story::befall_host(const Mishap& mishap, base::Random& dice) {
  const Side side = plan_.two_hosts && dice.below(2) == 0 ? Side::second : Side::first;
  const Duration span = between(dice, 500, 20'000);
  const std::int64_t until = world_.time.clock().steady_ns() + span.ns;
  switch (mishap.kind) {
    case Mischief::crash:
      down_until_[side] = until;
      return world_.crash(side);
    case Mischief::freeze:
      world_.freeze(side);
      return world_.time.after(span, [this, side] { world_.thaw(side); });
    case Mischief::cut_off:
      cut_off_until_[side] = until;
      return;
    default:
      no_lease_until_[side] = until;
      return;
  }
}

void Story::befall_world(const Mishap& mishap, base::Random& dice) {
  const std::string& name = name_of(mishap.application);
  const std::string release = any_release(mishap.application, dice);
  const Duration span = between(dice, 500, 15'000);
  const auto kill = [this, name, release] { world_.provider.kill_replica(kTenant, name, release); };
  switch (mishap.kind) {
    case Mischief::clock_forward:
      return jump(Duration{span.ns * static_cast<std::int64_t>(1 + dice.below(100))}, dice);
    case Mischief::clock_back:
      return jump(Duration{-span.ns * static_cast<std::int64_t>(1 + dice.below(100))}, dice);
    case Mischief::kill_replica:
      return kill();
    case Mischief::flap:
      for (int i = 0; i < 4; ++i) world_.time.after(milliseconds(3'000 * i), kill);
      return;
    case Mischief::lie: {
      const double before = world_.metrics.error_ratio[release];
      world_.metrics.error_ratio[release] = 0.9;
      return world_.time.after(span, [this, release, before] { world_.metrics.error_ratio[release] = before; });
    }
    case Mischief::false_alarm:
      for (int i = 0; i < 5; ++i) world_.provider.cry_wolf(kTenant, name);
      return;
    case Mischief::swap_strategy:
      return swap_strategy("strategies." + plan_.products[mishap.application].spec.strategy.name, dice);
    default:
      world_.gate.answer = {.state = dice.below(4) == 0 ? strategy::GateState::closed : strategy::GateState::pending,
                            .reason = "frozen"};
      return world_.time.after(span, [this] { world_.gate.answer = {.state = strategy::GateState::open}; });
  }
}

void Story::swap_strategy(const std::string& binding, base::Random& dice) {
  const World::Plugin& shipped = shipped_.at(binding);
  auto& version = world_.versions[binding];
  if (dice.below(3) != 0) world_.versions[binding + "@" + version] = version;
  const bool another_schema = dice.below(3) == 0;
  version = (another_schema ? "2.0." : "1.0.") + std::to_string(dice.below(9) + 1);
  world_.plugins[binding] = another_schema ? renewed(shipped) : shipped;
  world_.plugins[binding + "@" + version] = world_.plugins[binding];
}

// Of one machine, or of all of them.
void Story::jump(Duration by, base::Random& dice) {
  const auto whose = dice.below(4);
  if (whose == 0) return world_.clock_of(Side::first).step(by);
  if (whose == 1) return world_.clock_of(Side::second).step(by);
  if (whose == 2) return world_.store_wall.step(by);
  world_.time.clock().step_wall(world_.now() + by);
}

std::string Story::any_release(std::size_t product, base::Random& dice) const {
  return release_name(product, dice.below(plan_.products[product].releases.size() + 1));
}

std::string Story::under_way(const std::string& application) const {
  const auto found = watch_.applications.find(application);
  const bool stands = found != watch_.applications.end() && found->second.application;
  return stands ? found->second.application->rollout : "";
}

std::string Story::newest(const std::string& application) const {
  std::string id;
  for (const auto& [other, record] : watch_.records) {
    if (record->rollout.application == application) id = other;
  }
  return id;
}

bool Story::rests() const {
  const auto is_still = [&](const auto& entry) {
    const auto& [name, standing] = entry;
    if (standing.application) return standing.application->rollout.empty();
    return world_.storage.find(rollout::keys::removal(kTenant, name)) == nullptr;
  };
  return said_.empty() && std::ranges::all_of(watch_.applications, is_still) &&
         std::ranges::all_of(watch_.records, [](const auto& entry) { return has_ended(entry.second->rollout.state); });
}

// No more faults; whoever waits for a person is helped on his way.
void Story::calm() {
  for (const Side side : kSides) world_.thaw(side);
  armed_.clear();
  cut_off_until_.clear();
  no_lease_until_.clear();
  world_.gate.answer = {.state = strategy::GateState::open};
  note("-- calm");
  for (int helped = 0; helped < 12 && !rests() && !violation_; ++helped) {
    help();
    until([&] { return rests(); }, seconds(30));
  }
  run_for(rollout::EngineSettings{}.budgets.apply + seconds(5));  // an order that hangs is given again after that
  stormy_ = false;
  watch_.over = true;
  if (!violation_) violation_ = broken(watch_);
}

// As a person would who reads what it waits for.
void Story::help() {
  for (const Product& product : plan_.products) help(under_way(product.spec.name));
}

void Story::help(const std::string& id) {
  base::SeededRandom dice(static_cast<std::uint64_t>(last_word_));
  if (id.empty() || !find_host(dice)) return;
  const auto shown = world_.get(id);
  if (!shown.ok()) return;
  const auto names = [&](std::string_view text) { return shown->why.waits_for.find(text) != std::string::npos; };
  note("it waits for " + shown->why.waits_for);
  if (names("or abort the rollout")) return act(id, rollout::Action::abort, false);
  if (shown->state == State::paused) return act(id, rollout::Action::resume, false);
  if (names("approval") || names("somebody") || names("a person")) act(id, rollout::Action::promote, false);
}

}  // namespace slipway::sim
