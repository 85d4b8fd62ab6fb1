#include "plugins/providers/local/pool/pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "plugins/providers/local/pool/merge.hpp"

namespace slipway::local {
namespace {

using provider::Desired;
using provider::Target;
using std::chrono::steady_clock;

constexpr int kTries = 5;

Target target_of(const Desired& desired) { return {desired.tenant, desired.application}; }

std::string overtaken(const std::string& application) {
  return "application \"" + application + "\" is being ordered by others at the same time; try again";
}

// What this machine shall do of it.
Desired part_for(const std::string& machine, const Order& order) {
  Desired part = order.desired;
  for (provider::DesiredGroup& group : part.groups)
    group.replicas = share_of(order.shares, machine, group.release.version);
  return part;
}

bool same(const Order& a, const Order& b) {
  return a.removed == b.removed && a.shares == b.shares && encode_text(a.desired) == encode_text(b.desired);
}

}  // namespace

awaitable<Status> Pool::apply(Desired desired) {
  if (live_.empty()) co_await look_around();
  const Target name = target_of(desired);
  Written written = Written::kOvertaken;
  for (int i = 0; i < kTries && written == Written::kOvertaken; ++i) {
    const StoredOrder stored = co_await records_.order(name);
    Order next;
    if (stored.order) {
      Desired seen = stored.order->desired;
      if (stored.order->removed) seen.generation = 0;  // it is forgotten: whoever makes it anew counts anew
      if (Status fence = check_fence(seen, desired); !fence.ok()) co_return fence;
      next = *stored.order;
    }
    next.desired = desired;
    next.removed = false;
    next.shares = split(desired.groups, machines(), next.shares);
    if (stored.order && same(*stored.order, next)) break;
    ++next.revision;
    written = co_await records_.write(next, stored.version);
    if (i + 1 == kTries && written == Written::kOvertaken)
      co_return Status(Code::unavailable, overtaken(name.application));
  }
  co_await take_up(name);
  co_return Status();
}

awaitable<Status> Pool::remove(provider::Removal removal) {
  const Target name{removal.tenant, removal.application};
  for (int i = 0; i < kTries; ++i) {
    StoredOrder stored = co_await records_.order(name);
    if (!stored.order) {
      // An order for it may still be on its way.
      stored.order.emplace();
      stored.order->desired.tenant = removal.tenant;
      stored.order->desired.application = removal.application;
    }
    Order& order = *stored.order;
    if (Status fence = check_token(order.desired, removal.token); !fence.ok()) co_return fence;
    const bool repeated = order.removed && order.desired.token == removal.token;
    if (!repeated) {
      order.desired.token = removal.token;
      order.desired.groups.clear();
      order.removed = true;
      order.shares.clear();
      ++order.revision;
      if (co_await records_.write(order, stored.version) == Written::kOvertaken) continue;
    }
    co_await take_up(name);
    co_return Status();
  }
  co_return Status(Code::unavailable, overtaken(name.application));
}

awaitable<Result<provider::Observation>> Pool::observe(Target name) {
  const StoredOrder stored = co_await records_.order(name);
  // From before there was a pool.
  if (!stored.order) co_return co_await reconciler_.observe(name);
  std::map<std::string, Report> reports;
  for (Report& report : co_await records_.reports(name)) {
    if (is_live(report.machine)) reports[report.machine] = std::move(report);
  }
  const auto own = reconciler_.find(name.tenant, name.application);
  if (own) {
    auto report = co_await report_of(part_of(name), *own);
    reports[settings_.self.machine] = std::move(report);
  }
  if (stored.order->removed && reports.empty())
    co_return Status(Code::not_found, "application \"" + name.application + "\" was removed");
  std::vector<Report> list;
  for (const auto& [machine, member] : live_) {
    const auto found = reports.find(machine);
    if (found != reports.end())
      list.push_back(std::move(found->second));
    else if (!stored.order->removed)
      list.emplace_back().machine = machine;
  }
  provider::Observation whole = merged(*stored.order, list);
  for (const auto& [machine, text] : silent_) whole.problems.push_back(text);
  if (const std::string text = problem(); !text.empty()) whole.problems.push_back(text);
  co_return whole;
}

void Pool::changed(const std::string& tenant, const std::string& application) {
  untold_.insert({tenant, application});
  wake_.raise();
}

std::string Pool::problem() const {
  for (const std::string* text : {&beat_problem_, &name_problem_, &record_problem_, &share_problem_}) {
    if (!text->empty()) return *text;
  }
  return "";
}

awaitable<void> Pool::take_up(Target name) {
  Part& part = part_of(name);
  const auto turn = co_await part.turns.take();
  StoredOrder stored = co_await records_.order(name);
  if (!stored.order) co_return;
  co_await place(stored);
  co_await obey(part, *stored.order);
  auto reports = co_await records_.reports(name);
  const auto application = reconciler_.find(name.tenant, name.application);
  const auto own = std::ranges::find(reports, settings_.self.machine, &Report::machine);
  if (part.told.machine.empty() && own != reports.end()) part.told = *own;
  if (application) {
    follow(part, name, std::move(reports));
    co_await tell(part, name, *application);
  } else if (own != reports.end()) {
    co_await records_.remove_report(name);
    part.told = {};
  }
}

// The machines that are alive may be others than when it was written.
awaitable<void> Pool::place(StoredOrder& stored) {
  const bool first = !live_.empty() && live_.begin()->first == settings_.self.machine;
  const bool sees = steady_clock::now() - looked_at_ < std::chrono::nanoseconds(settings_.self.lease.ns / 2);
  if (!first || !sees) co_return;
  Order next = *stored.order;
  next.shares = split(next.desired.groups, machines(), next.shares);
  if (next.shares == stored.order->shares) co_return;
  ++next.revision;
  const Written written = co_await records_.write(next, stored.version);
  if (written == Written::kDone) *stored.order = std::move(next);
}

awaitable<void> Pool::obey(Part& part, const Order& order) {
  if (part.revision >= order.revision) co_return;
  Status status;
  if (order.removed)
    status = reconciler_.remove({order.desired.tenant, order.desired.application, order.desired.token});
  else
    status = co_await reconciler_.apply(part_for(settings_.self.machine, order));
  if (!status.ok()) throw Error(status);
  part.revision = order.revision;
}

void Pool::follow(Part& part, const Target& name, std::vector<Report> reports) {
  part.others.clear();
  std::vector<Seat> guests;
  for (Report& report : reports) {
    if (report.machine == settings_.self.machine || !is_live(report.machine)) continue;
    guests.insert(guests.end(), report.offers.begin(), report.offers.end());
    part.others[report.machine] = std::move(report);
  }
  if (const auto application = reconciler_.find(name.tenant, name.application))
    application->set_guests(std::move(guests));
}

awaitable<void> Pool::tell(Target name) {
  Part& part = part_of(name);
  const auto turn = co_await part.turns.take();
  if (part.revision == 0) co_return;
  if (const auto application = reconciler_.find(name.tenant, name.application)) {
    co_await tell(part, name, *application);
  } else {
    co_await records_.remove_report(name);
    part.told = {};
  }
}

awaitable<void> Pool::tell(Part& part, const Target& name, Application& application) {
  Report report = co_await report_of(part, application);
  // It changes with each request, and a report is written when it changes.
  for (provider::ObservedGroup& group : report.seen.groups) group.in_flight = 0;
  if (encode_text(report) != encode_text(part.told)) {
    std::vector<Seat> both = part.told.offers;
    both.insert(both.end(), report.offers.begin(), report.offers.end());
    hold(part, application, both);
    co_await records_.write(name, report);
    part.told = std::move(report);
  }
  hold(part, application, part.told.offers);
}

awaitable<Report> Pool::report_of(const Part& part, Application& application) {
  Report report;
  report.machine = settings_.self.machine;
  report.revision = part.revision;
  report.offers = application.seats();
  for (Seat& seat : report.offers) seat.id = pool_id(seat);
  report.offers_number = part.told.offers_number + (report.offers == part.told.offers ? 0 : 1);
  report.heard = part.told.heard;
  if (application.follows_guests()) {
    report.heard.clear();
    for (const auto& [machine, other] : part.others) report.heard[machine] = other.offers_number;
  }
  auto seen = co_await application.observe();
  report.seen = std::move(seen);
  co_return report;
}

void Pool::hold(Part& part, Application& application, const std::vector<Seat>& offers) {
  bool heard = true;
  for (const auto& [machine, member] : live_) {
    if (machine == settings_.self.machine) continue;
    const auto other = part.others.find(machine);
    const bool knows = other != part.others.end() && other->second.heard.contains(settings_.self.machine);
    heard = heard && knows && other->second.heard.at(settings_.self.machine) >= part.told.offers_number;
  }
  application.hold([&](const Seat& seat) {
    return has_company() && (!heard || std::ranges::find(offers, pool_id(seat), &Seat::id) != offers.end());
  });
}

// Numbers of replicas are a machine's own; HAProxy knows those of others by longer ones, still of digits, as who reads
// its records finds the release before the last dash.
std::string Pool::pool_id(const Seat& seat) const {
  std::uint32_t hash = 2166136261U;
  for (const char c : settings_.self.machine) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  const auto dash = seat.id.rfind('-');
  std::string number = seat.id.substr(dash + 1);
  if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
  return seat.id.substr(0, dash + 1) + std::to_string(hash) + number;
}

std::vector<Machine> Pool::machines() const {
  std::vector<Machine> machines;
  for (const auto& [name, member] : live_) machines.push_back({name, member.capacity});
  return machines;
}

Pool::Part& Pool::part_of(const Target& name) {
  auto& part = parts_[application_key(name.tenant, name.application)];
  if (!part) part = std::make_unique<Part>(executor_);
  return *part;
}

}  // namespace slipway::local
