#include "plugins/providers/local/reconcile/application.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <charconv>

namespace slipway::local {
namespace {

using provider::Desired;
using provider::DesiredGroup;
using provider::Release;

constexpr Span kAfterFailure(250);
constexpr Span kSweepDrain(10'000), kSweepPause(20);
// More rounds than any state of three backends needs; a bound, should a plan never come to rest.
constexpr int kRoundsAtMost = 16;

// Users draw anew for each rollout. FNV-1a: the same on every machine and in every version.
std::string salt_of(const std::string& rollout) {
  std::uint32_t hash = 2166136261U;
  for (const char c : rollout) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  char text[9] = {};
  std::to_chars(text, text + 8, hash, 16);
  return text;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// HAProxy allows no + in the name of a server.
std::string server_name(std::string version, std::int64_t number) {
  std::ranges::replace(version, '+', '_');
  return version + "-" + std::to_string(number);
}

std::int64_t number_of(const std::string& id) {
  std::int64_t number = 0;
  const auto dash = id.rfind('-');
  if (dash != id.npos) std::from_chars(id.data() + dash + 1, id.data() + id.size(), number);
  return number;
}

}  // namespace

std::string application_key(const std::string& tenant, const std::string& application) {
  return tenant + "/" + application;
}

std::string backend_name(const std::string& tenant, const std::string& application, std::size_t slot) {
  return tenant + "." + application + '.' + static_cast<char>('a' + slot);
}

Application::Application(ApplicationTools& tools, ApplicationRecord record)
    : tools_(tools), record_(std::move(record)), turns_(tools.replicas.executor), wake_(tools.replicas.executor) {
  const auto route = parse_entry(record_.route);
  if (!route) return;
  const std::size_t home = slot_named(route->stable, 0);
  split_ = Split{
      home, {slot_named(route->next, home), route->next_ppm}, {slot_named(route->baseline, home), route->baseline_ppm}};
}

Application::~Application() {
  for (const auto& [id, replica] : replicas_) replica->detach();
}

void Application::begin() {
  define();
  recall();
  if (tools_.company == Company::kAlone) guests_.emplace();
  const auto records = std::exchange(record_.replicas, {});
  for (const ReplicaRecord& replica : records) add_replica(replica);
  boost::asio::co_spawn(
      tools_.replicas.executor, [self = shared_from_this()]() -> awaitable<void> { co_await self->run(); },
      boost::asio::detached);
}

void Application::recall() {
  const auto route = parse_entry(record_.route);
  if (!route) return;
  RouteOrder order{*route, {}};
  if (route->header_routes && split_) order.headers = order_of(*split_).headers;
  tools_.replicas.proxy.recall(key(), order);
}

awaitable<Status> Application::apply(Desired desired) {
  if (record_.removed) record_.programs.clear();
  co_await pin_programs(desired);
  Desired seen = record_.desired;
  if (record_.removed) seen.generation = 0;  // it is forgotten: whoever makes it anew counts anew
  if (const Status fence = check_fence(seen, desired); !fence.ok()) co_return fence;
  std::swap(record_.desired, desired);
  const bool removed = std::exchange(record_.removed, false);
  keep_releases();
  keep_archives();
  try {
    save(Durability::kMachine);
  } catch (...) {
    // Refused, so it must not be carried out either.
    std::swap(record_.desired, desired);
    record_.removed = removed;
    keep_releases();
    throw;
  }
  wake_.raise();
  try {
    co_await settle();
  } catch (const std::exception& error) {
    // It is durable: the loop goes on trying, and observe tells what is.
    tools_.replicas.notices.log(Level::kWarn, "application " + key() + ": " + error.what());
  }
  co_return Status();
}

Status Application::remove(const provider::Removal& removal) {
  Desired& seen = record_.desired;
  if (Status fence = check_token(seen, removal.token); !fence.ok()) return fence;
  if (record_.removed && seen.token == removal.token) return {};
  const auto before = std::pair(seen.token, record_.removed);
  seen.token = removal.token;
  record_.removed = true;
  try {
    save(Durability::kMachine);
  } catch (...) {
    std::tie(seen.token, record_.removed) = before;
    throw;
  }
  wake_.raise();
  return {};
}

void Application::proxy_changed() {
  for (const auto& [id, replica] : replicas_) replica->proxy_changed();
  sweep_due_ = changed_ = true;
  wake_.raise();
}

void Application::replica_changed() {
  changed_ = true;
  wake_.raise();
}

void Application::replica_gone(const std::string& id) {
  replicas_.erase(id);
  keep_releases();
  replica_changed();
}

awaitable<void> Application::run() {
  while (!gone_) {
    std::string problem;
    try {
      co_await settle();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (gone_) co_return;
    bool news = std::exchange(changed_, false);
    unsaved_ = unsaved_ || news;
    try {
      if (unsaved_) save(Durability::kProcess);
      unsaved_ = false;
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (problem != problem_) {
      if (!problem.empty()) tools_.replicas.notices.log(Level::kWarn, "application " + key() + ": " + problem);
      problem_ = problem;
      news = true;
    }
    if (news) tools_.replicas.notices.changed(record_.desired.tenant, record_.desired.application);
    co_await wake_.wait_until(problem.empty() ? SteadyTime::max() : std::chrono::steady_clock::now() + kAfterFailure);
  }
}

awaitable<void> Application::settle() {
  const auto turn = co_await turns_.take();
  for (int round = 0; round < kRoundsAtMost && !gone_; ++round) {
    const auto before = std::tuple(slots(), split_, order_, replicas_.size());
    co_await settle_once();
    if (before == std::tuple(slots(), split_, order_, replicas_.size())) co_return;
  }
}

awaitable<void> Application::settle_once() {
  seat_guests();
  const Plan plan = make_plan(record_.desired, presence(), seen());
  if (presence() == Presence::kRemoved && plan.complete) co_return finish_removal();
  take_slots(plan);
  co_await route(plan);
  create(plan);
  for (const std::string& id : plan.leave) {
    if (const auto found = replicas_.find(id); found != replicas_.end()) found->second->leave();
  }
  if (std::exchange(sweep_due_, false)) {
    boost::asio::co_spawn(
        tools_.replicas.executor, [self = shared_from_this()]() -> awaitable<void> { co_await self->sweep(); },
        boost::asio::detached);
  }
}

void Application::take_slots(const Plan& plan) {
  if (plan.slots != slots()) {
    record_.slot_a = plan.slots[0];
    record_.slot_b = plan.slots[1];
    record_.slot_c = plan.slots[2];
    changed_ = true;
  }
  define();
  for (const auto& [id, replica] : replicas_) replica->set_backend(backend_of(replica->record().release));
}

// Before its first order nothing tells how its backends shall be checked; a guess would cost HAProxy one reload more.
void Application::define() {
  const bool known = std::ranges::any_of(slots(), [](const std::string& release) { return !release.empty(); });
  if (!known && !split_ && record_.desired.groups.empty()) return;
  Definition definition;
  for (std::size_t slot = 0; slot < kSlots; ++slot) definition.backends.push_back(spec_of(slot));
  for (const std::string& host : record_.desired.hosts) definition.hosts.push_back(lower(host));
  if (definition.hosts.empty()) definition.hosts.push_back(lower(record_.desired.application));
  if (!record_.removed || !replicas_.empty() || split_) tools_.replicas.proxy.define(key(), definition);
}

// An empty slot is made like that of stable, so that the next release finds it fitting without a reload.
BackendSpec Application::spec_of(std::size_t slot) const {
  BackendSpec spec{.name = backend(slot), .used = !slots()[slot].empty()};
  const Release* own = release(slots()[slot]);
  if (own == nullptr && split_) own = release(slots()[split_->stable_slot]);
  for (const std::string& other : slots()) {
    if (own == nullptr) own = release(other);
  }
  if (own == nullptr && !record_.desired.groups.empty()) own = &record_.desired.groups.front().release;
  if (own == nullptr || own->readiness.kind != provider::CheckKind::http) return spec;
  spec.check = ServerCheck::kHttp;
  spec.check_path = own->readiness.path;
  return spec;
}

awaitable<void> Application::route(const Plan& plan) {
  std::optional<RouteOrder> order;
  if (plan.split) order = plan.split_is_wanted || !order_ ? order_of(*plan.split) : *order_;
  if (order == order_ && plan.split == split_) co_return;
  // Written down first: who takes over after us must not go back behind what HAProxy may have been told.
  record_.route = order ? to_entry(order->route) : "";
  save(Durability::kProcess);
  co_await tools_.replicas.proxy.route(key(), order);
  order_ = order;
  split_ = plan.split;
  changed_ = true;
}

RouteOrder Application::order_of(const Split& split) const {
  const Desired& desired = record_.desired;
  RouteOrder order;
  order.route.stable = backend(split.stable_slot);
  order.route.next = backend(split.next.slot);
  order.route.next_ppm = split.next.ppm;
  if (split.baseline.slot != split.stable_slot) order.route.baseline = backend(split.baseline.slot);
  order.route.baseline_ppm = split.baseline.ppm;
  order.route.salt = salt_of(desired.rollout);
  if (desired.sticky == provider::Sticky::user) {
    order.route.sticky_header = tools_.sticky.header;
    order.route.sticky_cookie = tools_.sticky.cookie;
  }
  for (const provider::Route& route : desired.routes) {
    order.headers.push_back({HeaderRoute::Match::kExact, lower(route.header), route.value, route.role});
  }
  order.route.header_routes = !order.headers.empty();
  const DesiredGroup* const copied = desired.mirror ? group_with_role(desired, desired.mirror->role) : nullptr;
  if (const auto shadow = copied ? backend_of(copied->release.version) : std::nullopt) {
    order.route.mirror = *shadow;
    order.route.mirror_ppm = desired.mirror->share;
    order.route.mirror_cap = static_cast<std::uint32_t>(desired.mirror->max_in_flight);
  }
  return order;
}

std::optional<std::string> Application::backend_of(const std::string& release) const {
  const auto slot = slot_of(slots(), release);
  return slot ? std::optional(backend(*slot)) : std::nullopt;
}

std::size_t Application::slot_named(const std::string& name, std::size_t otherwise) const {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if (backend(slot) == name) return slot;
  }
  return otherwise;
}

void Application::create(const Plan& plan) {
  for (const std::string& version : plan.create) {
    ReplicaRecord record;
    record.id = server_name(version, record_.next_replica++);
    record.release = version;
    add_replica(std::move(record));
    changed_ = true;
  }
}

void Application::add_replica(ReplicaRecord record) {
  const Release* what = release(record.release);
  if (what == nullptr) return;
  const std::string id = record.id;
  const auto replica = std::make_shared<Replica>(tools_.replicas, *this, record_.desired.tenant,
                                                 record_.desired.application, *what, std::move(record));
  replicas_.emplace(id, replica);
  if (auto name = backend_of(replica->record().release)) replica->set_backend(std::move(name));
  replica->begin();
}

void Application::finish_removal() {
  tools_.world.erase(record_.desired);
  gone_ = true;
  tools_.replicas.proxy.forget(key());
  tools_.replicas.notices.changed(record_.desired.tenant, record_.desired.application);
  on_gone_();
}

// Takes out servers that no replica of ours stands behind.
awaitable<void> Application::sweep() {
  try {
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      if (!tools_.replicas.proxy.has_backend(backend(slot))) continue;
      for (const std::string& name : co_await tools_.replicas.proxy.servers_in(backend(slot))) {
        const auto found = replicas_.find(name);
        if (found != replicas_.end() && found->second->record().release == slots()[slot]) continue;
        const Server stray{name, "", {}};
        co_await tools_.replicas.proxy.drain(backend(slot), stray);
        const auto limit = std::chrono::steady_clock::now() + kSweepDrain;
        ServerView view = co_await tools_.replicas.proxy.look(backend(slot), stray);
        while (view.requests > 0 && std::chrono::steady_clock::now() < limit) {
          co_await sleep_for(kSweepPause);
          view = co_await tools_.replicas.proxy.look(backend(slot), stray);
        }
        co_await tools_.replicas.proxy.remove(backend(slot), stray);
      }
    }
  } catch (const std::exception& error) {
    tools_.replicas.notices.log(Level::kWarn, "application " + key() + ": " + error.what());
  }
}

const Release* Application::release(const std::string& version) const {
  const auto found = std::ranges::find(record_.releases, version, &Release::version);
  return found == record_.releases.end() ? nullptr : &*found;
}

void Application::save(Durability durability) {
  record_.replicas.clear();
  for (const auto& [id, replica] : replicas_) record_.replicas.push_back(replica->record());
  tools_.world.save(record_, durability);
}

Seen Application::seen() const {
  Seen seen{slots(), split_, {}};
  for (const auto& [id, replica] : replicas_) {
    seen.replicas.push_back({id, replica->record().release, number_of(id), replica->record().leaving,
                             replica->serving(), replica->listed(), replica->alive(), replica->guest(),
                             replica->guest() && !wants_guest(replica->record())});
  }
  return seen;
}

}  // namespace slipway::local
