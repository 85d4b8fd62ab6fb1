#include "tests/simulation/world.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <set>

#include "tools/rehearse/serve.hpp"

namespace slipway::sim {
namespace {

// The calls that change nothing.
const std::set<std::uint32_t> kLooks = {storage::Interface::index_of<storage::Get>(),
                                        storage::Interface::index_of<storage::Scan>(),
                                        storage::Interface::index_of<storage::Read>()};

// As much of a rollout's record as tells its state.
struct Stands {
  State state = State::pending;
  static constexpr auto fields() { return slipway::fields(required("state", &Stands::state, "Where it is.")); }
};
struct StandingRecord {
  Stands rollout;
  static constexpr auto fields() {
    return slipway::fields(required("rollout", &StandingRecord::rollout, "The rollout."));
  }
};

}  // namespace

World::World(std::uint64_t seed)
    : storage(store_clock),
      provider(time,
               [this](const std::string& tenant, const std::string& application) {
                 for (Host* host : {&first_, &second_}) {
                   if (host->engine) host->engine->provider_changed(tenant, application);
                 }
               }),
      random_(seed),
      ids_(time.clock(), random_) {}

World::~World() {
  crash(Side::first);
  crash(Side::second);
}

World::Resumed World::boot(Side side, Duration patience) {
  crash(side);
  Host& host = this->host(side);
  host.context = std::make_unique<boost::asio::io_context>(1);
  rollout::EngineSettings settings;
  settings.host.name = settings.host.instance = side == Side::first ? "first" : "second";
  settings.wiring.gates = {"freeze"};
  settings.wiring.notifiers = notifiers;
  settings.events = events;
  settings.bounds = bounds;
  host.engine =
      std::make_unique<rollout::Engine>(rollout::EngineParts{host.context->get_executor(), host, host.clock, host.clock,
                                                             ids_, random_, telemetry::Log::none(), metrics_},
                                        std::move(settings));
  auto box = std::make_shared<std::optional<Status>>();
  auto begin = [](rollout::Engine* engine, Duration lasting,
                  std::shared_ptr<std::optional<Status>> into) -> boost::asio::awaitable<void> {
    *into = co_await engine->resume(lasting);
  };
  boost::asio::co_spawn(*host.context, begin(host.engine.get(), patience, box), boost::asio::detached);
  return box;
}

void World::start() {
  const auto box = boot(used_->side, seconds(60));
  until([&] { return box->has_value(); }, seconds(120));
}

// As SIGKILL would: nothing of the engine runs again.
void World::crash() { crash(used_->side); }

void World::crash(Side side) {
  host(side).engine.reset();
  host(side).context.reset();
  host(side).doomed = false;
}

World::Stopped World::begin_stop(Side side) {
  auto box = std::make_shared<std::optional<Status>>();
  auto halt = [](rollout::Engine* engine, Stopped into) -> boost::asio::awaitable<void> {
    *into = co_await engine->stop(seconds(4));
  };
  Host& host = this->host(side);
  boost::asio::co_spawn(*host.context, halt(host.engine.get(), box), boost::asio::detached);
  return box;
}

Status World::stop() {
  const auto box = begin_stop(used_->side);
  until([&] { return box->has_value(); }, seconds(10));
  return box->value_or(Status(Code::deadline_exceeded, "it did not stop"));
}

bool World::Host::turn() {
  if (!context || frozen) return false;
  context->restart();
  return context->poll_one() > 0;
}

bool World::turn() {
  for (Host* host : {&first_, &second_}) {
    if (host->doomed) crash(host->side);
  }
  const bool turned = first_.turn() || second_.turn() || time.turn();
  if (after_turn) after_turn();
  return turned;
}

bool World::until(const std::function<bool()>& holds, Duration limit) {
  const bool was_alive = alive();
  const std::int64_t end = time.clock().steady_ns() + limit.ns;
  while (!holds()) {
    if (time.clock().steady_ns() > end || !turn() || (was_alive && !alive())) return holds();
  }
  return true;
}

void World::run_for(Duration span) {
  bool over = false;
  time.after(span, [&] { over = true; });
  until([&] { return over; }, span + seconds(1));
}

World::Fate World::fate_for(Side side, std::string_view binding, std::uint32_t method) {
  const int number = ++calls_;
  const Fate own = fate_of ? fate_of(side, binding, method) : Fate::good;
  return own == Fate::good && fate ? fate(number, binding, method) : own;
}

boost::asio::awaitable<Result<std::string>> World::Host::call(std::string_view binding, std::string_view interface,
                                                              std::uint32_t method, std::string payload,
                                                              bridge::CallContext limits) {
  const std::string to(binding);
  const std::string what(interface);
  const Duration budget{limits.budget_ns};
  const Fate fate = world.fate_for(side, binding, method);
  const Call mine{side, to, method, limits.affinity, payload, world.calls_};
  if (world.on_sent) world.on_sent(mine);
  rollout::Wakeup pause(co_await boost::asio::this_coro::executor, world.time.clock(), world.time);
  const auto on_the_way = [this, fate, budget] {
    const std::int64_t longest = fate == Fate::slow ? budget.ns / 2 : 400'000;
    return world.now() +
           nanoseconds(static_cast<std::int64_t>(world.random_.below(static_cast<std::uint64_t>(longest))));
  };
  const auto again = [&](Duration after) {
    world.time.after(after, [this, to, what, method, affinity = limits.affinity, payload] {
      (void)world.deliver({side, to, method, affinity, payload}, what);
    });
  };
  if (fate == Fate::at_once) co_return world.deliver(mine, what);  // nothing is swapped before
  if (fate == Fate::crash_before) doomed = true;
  if (fate == Fate::late) again(budget + seconds(1));
  if (fate == Fate::hang || fate == Fate::late) {
    co_await pause.wait_until(world.now() + budget);
    co_return Status(Code::deadline_exceeded, "no answer from " + to);
  }
  co_await pause.wait_until(on_the_way());
  if (fate == Fate::fail_before) co_return Status(Code::unavailable, to + " is not there");
  if (limits.answered_by) *limits.answered_by = version_of(binding, limits.affinity);
  auto reply = world.deliver(mine, what);
  if (fate == Fate::repeated) again(milliseconds(static_cast<std::int64_t>(world.random_.below(8'000))));
  if (fate == Fate::crash_after) doomed = true;
  co_await pause.wait_until(on_the_way());
  if (fate == Fate::fail_after) co_return Status(Code::deadline_exceeded, "the answer of " + to + " was lost");
  if (world.on_heard) world.on_heard(mine, reply);
  co_return reply;
}

std::string World::Host::version_of(std::string_view binding, std::string_view) const {
  const auto known = world.versions.find(binding);
  return known == world.versions.end() ? std::string() : known->second;
}

Result<std::string> World::deliver(const Call& call, std::string_view interface) {
  acting_ = &call;
  const Carry carry = [&](const std::string& payload) { return answer(call.binding, interface, call.method, payload); };
  auto reply = between ? between(call, carry) : carry(call.payload);
  acting_ = nullptr;
  if (on_answer) on_answer(call, reply);
  return reply;
}

Result<std::string> World::carry_out(const Call& call, std::string_view interface) {
  acting_ = &call;
  auto reply = answer(call.binding, interface, call.method, call.payload);
  acting_ = nullptr;
  return reply;
}

Result<std::string> World::answer(std::string_view binding, std::string_view interface, std::uint32_t method,
                                  const std::string& payload) {
  if (const auto kept = plugins.find(binding); kept != plugins.end()) return kept->second(interface, method, payload);
  binding = binding.substr(0, binding.find('@'));
  if (const auto other = plugins.find(binding); other != plugins.end())
    return other->second(interface, method, payload);
  if (binding == "storage") return of_store(method, payload);
  if (binding == "provider") return simulate::serve<provider::Interface>(provider, method, payload);
  if (binding == "strategies.steps") return simulate::serve<strategy::Interface>(strategy, method, payload);
  if (binding == "metrics.sim") return simulate::serve<metrics::Interface>(metrics, method, payload);
  if (binding == "analyzers.limit") return simulate::serve<analyzer::Interface>(analyzer, method, payload);
  if (binding == "gates.freeze" && interface == plugin::kId)
    return simulate::serve<plugin::Interface>(gate, method, payload);
  if (binding == "gates.freeze") return simulate::serve<gate::Interface>(gate, method, payload);
  if (binding == "notifiers.hook") return simulate::serve<notifier::Interface>(notifier, method, payload);
  return Status(Code::not_found, "the profile has no binding \"" + std::string(binding) + "\"");
}

Result<std::string> World::of_store(std::uint32_t method, const std::string& payload) {
  if (!kLooks.contains(method)) return simulate::serve<storage::Interface>(storage, method, payload);
  if (std::exchange(seen_after_, storage.writes()) != storage.writes()) seen_.clear();
  auto& seen = seen_[method];
  if (const auto known = seen.find(payload); known != seen.end()) return known->second;
  auto reply = simulate::serve<storage::Interface>(storage, method, payload);
  if (reply.ok()) seen.emplace(payload, *reply);
  return reply;
}

rollout::ApplicationSpec World::shop(Json settings) const {
  if (settings.empty()) settings = {{"weights", {50'000, 500'000}}, {"hold", "5s"}, {"analysis", "errors"}};
  rollout::ApplicationSpec spec{.name = "shop", .replicas = 4, .strategy = {"steps", json_text(settings)}};
  spec.analyses.push_back({.name = "errors",
                           .metrics = "sim",
                           .analyzer = "limit",
                           .settings = json_text({{"count", 3}}),
                           .interval = seconds(1)});
  return spec;
}

Status World::make_application(const rollout::ApplicationSpec& spec) {
  return ask(used_->engine->put_application(somebody, spec, {}, rollout::Mode::commit)).status();
}

Status World::make_release(const std::string& application, const std::string& version) {
  rollout::ReleaseRequest request{.release = {.version = version, .command = {"/bin/app"}}};
  return ask(used_->engine->create_release(somebody, application, request, rollout::Mode::commit)).status();
}

Result<rollout::Rollout> World::deploy(const std::string& application, const std::string& release,
                                       rollout::Supersede supersede) {
  return ask(
      used_->engine->start_rollout(somebody, {.application = application, .release = release, .supersede = supersede}));
}

Result<rollout::Rollout> World::act(const std::string& id, rollout::Action action, rollout::ActionRequest request) {
  return ask(used_->engine->act(somebody, id, action, std::move(request), {}, rollout::Mode::commit));
}

Result<rollout::Rollout> World::get(const std::string& id) { return ask(used_->engine->rollout(somebody, id)); }

Result<rollout::Application> World::application(const std::string& name) {
  return ask(used_->engine->application(somebody, name));
}

// Past the engine, so that looking changes nothing.
State World::state_of(const std::string& id) {
  const auto* record = storage.find(rollout::keys::rollout("acme", id));
  if (record == nullptr) return State::pending;
  auto& [version, state] = states_[id];
  if (version == record->version) return state;
  version = record->version;
  return state = decode_text<StandingRecord>(record->value, "rollout")->rollout.state;
}

bool World::until_state(const std::string& id, State state, Duration limit) {
  return until([&] { return state_of(id) == state; }, limit);
}

std::vector<rollout::JournalEntry> World::journal(const std::string& id) {
  std::vector<rollout::JournalEntry> entries;
  for (const std::string& text : storage.stream("acme", "journal/" + id))
    entries.push_back(*decode_text<rollout::JournalEntry>(text, "journal"));
  return entries;
}

void World::make_stable(const rollout::ApplicationSpec& spec, const std::string& release) {
  (void)make_application(spec);
  (void)make_release(spec.name, release);
  const auto rollout = deploy(spec.name, release);
  if (rollout.ok()) until_state(rollout->id, State::succeeded);
}

}  // namespace slipway::sim
