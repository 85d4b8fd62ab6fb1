#include "plugins/storage/postgres/writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <utility>

#include "plugins/storage/postgres/tables.hpp"

namespace slipway::postgres {
namespace {

constexpr auto kBetweenTidying = std::chrono::seconds(60);
constexpr auto kWhileThereIsMore = std::chrono::seconds(1);

Wanted wanted_by(const auto& group) {
  Wanted wanted;
  for (const auto& change : group) change->add_to(wanted);
  return wanted;
}

}  // namespace

Writer::Writer(WriterSettings settings)
    : settings_(std::move(settings)), queue_("writes", settings_.queue), random_(std::random_device{}()) {}

void Writer::write(std::unique_ptr<Change> change) {
  if (const Status refusal = queue_.push(change); !refusal.ok()) return change->finish(refusal);
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(at_work_, true)) return;
  }
  work();
}

void Writer::work() {
  do {
    queue_.gather();
    for (Changes group = queue_.take(store::kLargestGroup, {}); !group.empty(); group.clear()) write_group(group);
  } while (!nobody_waits());
}

// Under the lock, so that a write that came meanwhile is either seen here or finds nobody at work.
bool Writer::nobody_waits() {
  const std::scoped_lock lock(mutex_);
  at_work_ = queue_.size() != 0;
  return !at_work_;
}

void Writer::write_group(const Changes& group) {
  std::vector<Status> outcomes(group.size());
  const auto begun = std::chrono::steady_clock::now();
  const Status fault = commit(group, outcomes);
  queue_.carried_out(group.size(), std::chrono::steady_clock::now() - begun);
  note(fault);
  for (std::size_t i = 0; i < group.size(); ++i) group[i]->finish(fault.ok() ? outcomes[i] : fault);
  if (fault.ok()) tidy();
}

Status Writer::commit(const Changes& group, std::vector<Status>& outcomes) {
  const std::string id = new_mark();
  std::string doubt;
  for (int failures = 1;; ++failures) {
    try {
      attempt(group, id, outcomes);
      return {};
    } catch (const Fault& fault) {
      unreachable_ = fault.remedy() == Remedy::reconnect || fault.remedy() == Remedy::find_out;
      if (fault.remedy() == Remedy::find_out) doubt = "; it is not known whether the write was done";
      if (fault.remedy() == Remedy::none || failures == settings_.attempts)
        return {fault.status().code, fault.status().message + doubt};
      recover(fault, failures);
    } catch (const std::exception& error) {
      return {Code::internal, settings_.target.name + ": the write failed: " + error.what() + doubt};
    }
  }
}

// One transaction. When the mark is there already, an earlier attempt has been committed and its outcomes stand.
void Writer::attempt(const Changes& group, const std::string& id, std::vector<Status>& outcomes) {
  Connection& server = connection();
  const Wanted wanted = wanted_by(group);
  if (wanted.only_leases() && healthy()) return attempt_leases(group, wanted, outcomes);
  try {
    begin(server, wanted.tenants());
    if (!mark(server, id)) return roll_back(server);
    Group tables;
    load(server, wanted, tables);
    run(group, tables, now(server), outcomes);
    if (!tables.changed()) return roll_back(server);
    save(server, tables);
    end(server);
    if (!tables.entries.empty()) settings_.appended();
  } catch (...) {
    roll_back(server);
    throw;
  }
}

// A host with nothing else to do renews its lease, and no more. What a fault is over by is a write of the usual kind.
void Writer::attempt_leases(const Changes& group, const Wanted& wanted, std::vector<Status>& outcomes) {
  Group tables;
  const Instant time = load_leases(*connection_, wanted, tables);
  run(group, tables, time, outcomes);
  save_leases(*connection_, tables);
}

void Writer::end(Connection& server) {
  try {
    server.execute("COMMIT");
  } catch (const Fault& fault) {
    if (fault.remedy() != Remedy::reconnect) throw;
    throw Fault(Remedy::find_out, fault.status());
  }
}

void Writer::run(const Changes& group, Group& tables, Instant time, std::vector<Status>& outcomes) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    outcomes[i] = {};
    if (group[i]->abandoned()) {
      outcomes[i] = {Code::cancelled, "the caller gave up before it was written"};
      continue;
    }
    try {
      group[i]->run(tables, time);
    } catch (const Error& error) {
      outcomes[i] = error.status();
    }
  }
}

void Writer::recover(const Fault& fault, int failures) {
  if (fault.remedy() != Remedy::again) connection_.reset();
  settings_.pause(settings_.backoff.delay(failures, std::generate_canonical<double, 53>(random_)));
}

Connection& Writer::connection() {
  if (connection_ && connection_->open()) return *connection_;
  try {
    connection_ = std::make_unique<Connection>(settings_.target);
  } catch (const Fault& fault) {
    // Said at once: where the network is silent, the last attempt is most of a minute away.
    unreachable_ = true;
    note(fault.status());
    throw;
  }
  return *connection_;
}

std::string Writer::new_mark() {
  std::array<char, 33> text{};
  const auto part = [this] { return static_cast<unsigned long long>(random_()); };
  std::snprintf(text.data(), text.size(), "%016llx%016llx", part(), part());
  return text.data();
}

bool Writer::healthy() {
  const std::scoped_lock lock(mutex_);
  return fault_.ok();
}

void Writer::note(const Status& fault) {
  {
    const std::scoped_lock lock(mutex_);
    if (fault_ == fault) return;
    fault_ = fault;
  }
  settings_.report(fault);
}

void Writer::tidy() {
  const auto time = std::chrono::steady_clock::now();
  if (time < tidy_at_) return;
  tidy_at_ = time + kBetweenTidying;
  try {
    if (postgres::tidy(*connection_)) tidy_at_ = time + kWhileThereIsMore;
  } catch (const Fault& fault) {
    note(fault.status());
  }
}

WriterHealth Writer::health() {
  {
    const std::scoped_lock lock(mutex_);
    if (fault_.ok() || at_work_ || !unreachable_) return {fault_, queue_.size()};
  }
  try {
    Connection probe(settings_.target);
    note({});
  } catch (const Fault& fault) {
    note(fault.status());
  }
  const std::scoped_lock lock(mutex_);
  return {fault_, queue_.size()};
}

}  // namespace slipway::postgres
