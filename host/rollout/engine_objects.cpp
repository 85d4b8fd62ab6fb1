// Applications, releases, journals and events, as the API asks for them.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>

#include "host/rollout/damage.hpp"
#include "host/rollout/engine.hpp"
#include "host/rollout/hop.hpp"
#include "host/rollout/plan.hpp"
#include "host/rollout/validate.hpp"

namespace slipway::rollout {
namespace {

std::int32_t page_size(const PageRequest& page) { return std::clamp(page.limit, 1, 500); }

Result<std::int64_t> sequence_from(const std::string& cursor) {
  if (cursor.empty()) return std::int64_t{0};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), value);
  if (error == std::errc() && end == cursor.data() + cursor.size() && value >= 0) return value;
  return page_fault(Status(Code::invalid_argument, "not a number"), cursor);
}

Status not_stored(const Status& status) {
  if (status.code == Code::invalid_argument) return status;
  const bool aborted = status.code == Code::aborted;
  const std::string what = outcome_unknown(status) ? "it is not known whether the release was stored; ask for it: "
                                                   : "the release was not stored: ";
  return {aborted ? Code::aborted : Code::unavailable, what + status.message};
}

}  // namespace

Control::Answer<Control::PutApplication> Engine::put_application(Actor actor, ApplicationSpec spec, IfVersion version,
                                                                 Mode mode) {
  if (Status status = door(); !status.ok()) co_return status;
  const Inside inside(inside_);
  if (Problems faults = faults_of(spec); !faults.empty())
    co_return Status(Code::invalid_argument, "the application is not valid", std::move(faults));
  if (Status status = co_await check_application(tools_, actor.tenant, spec); !status.ok()) co_return status;
  const auto found = driver(actor.tenant, spec.name);
  co_return co_await run_on(
      found->strand(), found->put(std::move(actor), std::move(spec), std::move(version), mode, settings_.environment));
}

Control::Answer<Application> Engine::application(Actor actor, std::string name) {
  const auto stored = co_await store_.application(actor.tenant, name);
  if (!stored.ok()) co_return stored.status();
  co_return shown(*stored);
}

Control::Answer<Page<Application>> Engine::applications(Actor actor, PageRequest page) {
  const auto found = co_await store_.scan(scan_of(actor.tenant, "application", "", page.cursor, page_size(page)));
  if (!found.ok()) co_return page_fault(found.status(), page.cursor);
  Page<Application> result{.items = {}, .next = found->next};
  for (const auto& record : found->records) {
    const auto stored = document_from<Application>(record);
    if (stored.ok()) {
      result.items.push_back(shown(*stored));
    } else {
      report_damage(parts_.log, record.key.tenant, stored.status());
    }
  }
  co_return result;
}

Control::Answer<Empty> Engine::delete_application(Actor actor, std::string name, IfVersion version, Mode mode) {
  if (Status status = door(); !status.ok()) co_return status;
  const Inside inside(inside_);
  const auto found = driver(actor.tenant, name);
  co_return co_await run_on(found->strand(), found->remove(std::move(actor), std::move(version), mode));
}

Control::Answer<Release> Engine::create_release(Actor actor, std::string application, ReleaseRequest request,
                                                Mode mode) {
  if (Status status = door(); !status.ok()) co_return status;
  const Inside inside(inside_);
  if (Problems faults = faults_of(request); !faults.empty())
    co_return Status(Code::invalid_argument, "the release is not valid", std::move(faults));
  const auto app = co_await store_.application(actor.tenant, application);
  if (!app.ok()) co_return app.status();
  const Instant now = clock_.now();
  Stored<Release> stored{{.id = parts_.ids.next(),
                          .tenant = actor.tenant,
                          .created_at = now,
                          .updated_at = now,
                          .application = application,
                          .name = request.release.version,
                          .spec = std::move(request.release),
                          .notes = std::move(request.notes)}};
  const std::string& name = stored.value.name;
  const Status taken(Code::already_exists, "release \"" + name + "\" of application \"" + application +
                                               "\" exists already; releases never change, give this one another name");
  if ((co_await store_.release(actor.tenant, application, name)).ok()) co_return taken;
  if (mode == Mode::dry_run) co_return shown(stored);

  storage::WriteRequest batch;
  const storage::Key key = keys::release(actor.tenant, application, name);
  batch.expect = {{key, 0}, {keys::application(actor.tenant, application), app->version}};
  batch.puts.push_back({key, encode_text(stored.value)});
  append_event(batch, {.type = "release.created",
                       .tenant = actor.tenant,
                       .at = now,
                       .application = application,
                       .summary = "release " + name + " of " + application + " was created",
                       .data = {encode_text(stored.value)},
                       .traceparent = actor.trace,
                       .request_id = actor.request});
  carry_out_once(batch, actor.once, name);
  // The application may change meanwhile, as with each decision of a rollout: then its version is read again.
  for (int tries = 0;; ++tries) {
    const auto reply = co_await write_surely(batch, actor.trace);
    if (reply.ok()) {
      stored.version = reply->versions.at(0);
      trimmer_.stored(actor.tenant, reply->sequences.back());
      feed_.published(actor.tenant);
      co_return shown(stored);
    }
    if (reply.status().code != Code::aborted || tries == 8) co_return not_stored(reply.status());
    if ((co_await store_.release(actor.tenant, application, name)).ok()) co_return taken;
    const auto again = co_await store_.application(actor.tenant, application);
    if (!again.ok()) co_return again.status();
    batch.batch.clear();
    batch.expect[1].version = again->version;
  }
}

// Repeats the same batch while its outcome is unknown, as a driver does.
Later<storage::WriteReply> Engine::write_surely(storage::WriteRequest& batch, std::string trace) {
  const std::int64_t until = clock_.steady_ns() + settings_.write_patience.ns;
  Wakeup pause(co_await boost::asio::this_coro::executor, clock_, parts_.timers);
  Troubles troubles(parts_.random);
  for (;;) {
    auto reply = co_await store_.write(batch, trace);
    if (reply.ok() || !outcome_unknown(reply.status())) co_return reply;
    if (stopping_ || clock_.steady_ns() >= until) co_return reply;
    troubles.failed("storage", reply.status(), clock_.now());
    co_await pause.wait_until(troubles.of("storage")->retry_at);
  }
}

Control::Answer<Release> Engine::release(Actor actor, std::string application, std::string name) {
  const auto stored = co_await store_.release(actor.tenant, application, name);
  if (!stored.ok()) co_return stored.status();
  co_return shown(*stored);
}

Control::Answer<Page<Release>> Engine::releases(Actor actor, std::string application, PageRequest page) {
  if (const auto app = co_await store_.application(actor.tenant, application); !app.ok()) co_return app.status();
  const auto found =
      co_await store_.scan(scan_of(actor.tenant, "release", application + "/", page.cursor, page_size(page)));
  if (!found.ok()) co_return page_fault(found.status(), page.cursor);
  Page<Release> result{.items = {}, .next = found->next};
  for (const auto& record : found->records) {
    const auto stored = document_from<Release>(record);
    if (stored.ok()) {
      result.items.push_back(shown(*stored));
    } else {
      report_damage(parts_.log, record.key.tenant, stored.status());
    }
  }
  co_return result;
}

Control::Answer<Page<JournalEntry>> Engine::journal(Actor actor, std::string id, PageRequest page) {
  if (const auto rollout = co_await store_.rollout(actor.tenant, id); !rollout.ok()) co_return rollout.status();
  const auto after = sequence_from(page.cursor);
  if (!after.ok()) co_return after.status();
  const auto read = co_await store_.read(read_of(keys::journal(actor.tenant, id), *after, page_size(page)));
  if (!read.ok()) co_return read.status();
  if (read->first == 0 && read->last > 0)
    co_return Status(Code::out_of_range,
                     "the journal of rollout " + id + " is no longer kept; journal_retention says for how long it is");
  Page<JournalEntry> result;
  for (const storage::Entry& entry : read->entries) {
    auto decoded = decode_text<JournalEntry>(entry.value, "an entry of the journal");
    if (!decoded.ok()) {
      report_damage(parts_.log, keys::journal(actor.tenant, id), entry.sequence, decoded.status());
      continue;
    }
    decoded->sequence = entry.sequence;
    result.items.push_back(std::move(*decoded));
  }
  if (!read->entries.empty() && read->entries.back().sequence < read->last)
    result.next = std::to_string(read->entries.back().sequence);
  co_return result;
}

Control::Answer<std::vector<HostInfo>> Engine::hosts(Actor) { co_return co_await hosts_.list(); }

Control::Answer<HostInfo> Engine::drain_host(Actor actor, std::string name, Draining draining, Mode mode) {
  if (Status status = door(); !status.ok()) co_return status;
  const Inside inside(inside_);
  auto host = co_await hosts_.drain(std::move(name), draining, mode);
  if (!host.ok() || mode == Mode::dry_run) co_return host;
  const bool drains = draining == Draining::yes;
  Event event{.type = drains ? "host.draining" : "host.serving",
              .tenant = actor.tenant,
              .at = clock_.now(),
              .summary = "host " + host->name + (drains ? " gives its work away" : " takes work again"),
              .data = {encode_text(*host)},
              .traceparent = actor.trace};
  co_await store_event(std::move(event));
  co_return host;
}

Control::Answer<std::int64_t> Engine::newest_event(Actor actor) {
  const auto read = co_await store_.read(read_of(keys::events(actor.tenant), 0, 1));
  if (!read.ok()) co_return read.status();
  co_return read->last;
}

Control::Answer<std::vector<Event>> Engine::events(Actor actor, std::int64_t after, std::int32_t limit,
                                                   Duration patience) {
  const Instant until = clock_.now() + patience;
  const auto watch = feed_.watch(actor.tenant, co_await boost::asio::this_coro::executor);
  if (!watch) {
    parts_.metrics.counter(telemetry::metric::kQueueRefused, {"readers"}).add();
    co_return Status(Code::resource_exhausted, "too many readers wait for events; try again later");
  }
  for (;;) {
    const auto read = co_await store_.read(read_of(keys::events(actor.tenant), after, std::clamp(limit, 1, 500)));
    if (!read.ok()) co_return read.status();
    const bool all_gone = read->first == 0 && after < read->last;
    if (all_gone)
      co_return Status(Code::out_of_range, "events after " + std::to_string(after) + " are not kept: the newest was " +
                                               std::to_string(read->last));
    const bool trimmed = read->first > after + 1;
    if (trimmed || after > read->last) {
      co_return Status(Code::out_of_range, "events after " + std::to_string(after) + " are not kept: there are " +
                                               std::to_string(read->first) + " to " + std::to_string(read->last));
    }
    std::vector<Event> events;
    for (const storage::Entry& entry : read->entries) {
      auto event = decode_text<Event>(entry.value, "an event");
      if (!event.ok()) {
        report_damage(parts_.log, keys::events(actor.tenant), entry.sequence, event.status());
        continue;
      }
      event->id = entry.sequence;
      events.push_back(std::move(*event));
    }
    if (!events.empty() || clock_.now() >= until || stopping_) co_return events;
    if (read->entries.empty()) {
      co_await watch->wait_until(until);
    } else {
      after = read->entries.back().sequence;  // all of them are damaged
    }
  }
}

void Engine::announce(Event event) {
  event.at = clock_.now();
  boost::asio::co_spawn(boost::asio::make_strand(parts_.executor), store_event(std::move(event)),
                        boost::asio::detached);
}

boost::asio::awaitable<void> Engine::store_event(Event event) {
  const Inside inside(inside_);
  storage::WriteRequest batch;
  append_event(batch, event);
  const auto reply = co_await store_.write(batch, std::string());
  if (!reply.ok()) {
    parts_.log.error("an event could not be stored", {{"type", event.type}, {"reason", to_string(reply.status())}});
    co_return;
  }
  parts_.metrics.counter(telemetry::metric::kEvents, {event.type}).add();
  trimmer_.stored(event.tenant, reply->sequences.back());
  feed_.published(event.tenant);
}

}  // namespace slipway::rollout
