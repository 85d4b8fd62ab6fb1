#include "host/rollout/notifications.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <slipway/interfaces/notifier.hpp>

#include "host/bridge/typed_call.hpp"
#include "host/rollout/damage.hpp"
#include "host/rollout/troubles.hpp"

namespace slipway::rollout {
namespace {

constexpr Duration kGiveUp = seconds(24 * 3600);
constexpr Duration kRefused = seconds(60);
constexpr Duration kUntilTold = seconds(24 * 3600);
constexpr std::int32_t kAtOnce = 20;  // events read together, and sent before the cursor is stored

notifier::SendRequest message_of(const std::string& tenant, const storage::Entry& entry, const Event& event) {
  notifier::SendRequest request{.id = tenant + "/" + std::to_string(entry.sequence), .tenant = tenant, .at = event.at};
  request.type = event.type;
  request.summary = event.summary;
  if (auto data = parse_json(event.data.text); data.ok()) request.data = std::move(*data);
  return request;
}

bool covers(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

// Whether the profile wants this notifier to hear of such events. One that is no longer in it hears of none.
bool wants(const Wiring& wiring, const std::string& notifier, const std::string& type) {
  if (std::ranges::find(wiring.notifiers, notifier) == wiring.notifiers.end()) return false;
  const auto found = wiring.notified_of.find(notifier);
  if (found == wiring.notified_of.end() || found->second.empty()) return true;
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const std::string& pattern) { return covers(pattern, type); });
}

}  // namespace

struct Notifications::Line {
  Line(const Tools& t, const boost::asio::any_io_executor& executor, std::string of, std::string to)
      : tools(t),
        strand(boost::asio::make_strand(executor)),
        tenant(std::move(of)),
        notifier(std::move(to)),
        wakeup(strand, t.clock, t.timers),
        ring(wakeup.remote_ring()),
        troubles(t.random) {}
  const Tools& tools;
  boost::asio::any_io_executor strand;
  std::string tenant;
  std::string notifier;
  Wakeup wakeup;
  std::function<void()> ring;
  Troubles troubles;
  std::set<std::string> refused;   // types of which an event was given up
  std::int64_t refused_event = 0;  // the one at hand
  Instant refused_since;
  std::atomic<bool> stopping = false;
};

Notifications::Notifications(const Tools& tools, boost::asio::any_io_executor executor)
    : tools_(tools), executor_(std::move(executor)) {
  tools_.feed.subscribe([this](const std::string& tenant) { heard(tenant); });
}

void Notifications::start() {
  std::set<std::string> tenants;
  {
    const std::lock_guard lock(mutex_);
    started_ = true;
    tenants.swap(early_);
  }
  for (const std::string& tenant : tenants) heard(tenant);
}

void Notifications::look() {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, line] : lines_) line->ring();
}

void Notifications::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const auto& [key, line] : lines_) {
    line->stopping = true;
    line->ring();
  }
}

void Notifications::heard(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (!started_) {
    early_.insert(tenant);
    return;
  }
  const auto wiring = tools_.wiring.get();
  for (const std::string& notifier : wiring->notifiers) {
    auto& line = lines_[{tenant, notifier}];
    if (line) {
      line->ring();
      continue;
    }
    line = std::make_shared<Line>(tools_, executor_, tenant, notifier);
    boost::asio::co_spawn(line->strand, run(line), boost::asio::detached);
  }
}

boost::asio::awaitable<void> Notifications::run(std::shared_ptr<Line> line) {
  std::optional<std::int64_t> cursor;
  std::int64_t token = 0;
  while (!line->stopping) {
    const std::int64_t held = line->tools.ownership.token(partition_of(line->tenant));
    if (held != token) cursor.reset();  // another host may have told some of them
    token = held;
    if (token == 0) {
      co_await line->wakeup.wait_until(line->tools.clock.now() + kUntilTold);
      continue;
    }
    if (!cursor) {
      const auto stored = co_await cursor_of(line);
      if (stored.ok()) cursor = *stored;
    }
    bool sent_all = cursor.has_value();
    bool any = false;
    if (cursor) {
      const auto read = co_await line->tools.store.read(read_of(keys::events(line->tenant), *cursor, kAtOnce));
      sent_all = read.ok();
      if (read.ok() && read->first > *cursor + 1)
        line->tools.log.warn(
            "events were trimmed before they could be told",
            {{"tenant", line->tenant}, {"notifier", line->notifier}, {"from", *cursor + 1}, {"to", read->first - 1}});
      for (std::size_t i = 0; read.ok() && i < read->entries.size(); ++i) {
        sent_all = co_await send(line, read->entries[i]);
        if (!sent_all) break;
        cursor = read->entries[i].sequence;
        any = true;
      }
      if (any) co_await remember(line, *cursor, token);
    }
    if (any && sent_all) continue;
    const Trouble* trouble = line->troubles.of(line->notifier);
    const Instant pause = trouble == nullptr ? line->tools.clock.now() + seconds(15) : trouble->retry_at;
    if (!line->stopping) co_await line->wakeup.wait_until(pause);
  }
}

// True when the event is done with: delivered, damaged, or too old to be tried again.
boost::asio::awaitable<bool> Notifications::send(std::shared_ptr<Line> line, storage::Entry entry) {
  if (line->stopping) co_return false;
  const Tools& tools = line->tools;
  const auto event = decode_text<Event>(entry.value, "an event");
  if (!event.ok()) {
    report_damage(tools.log, keys::events(line->tenant), entry.sequence, event.status());
    co_return true;
  }
  notifier::SendRequest message = message_of(line->tenant, entry, *event);
  if (!wants(*tools.wiring.get(), line->notifier, message.type)) co_return true;
  bridge::CallContext context{.budget_ns = tools.settings.budgets.notifier.ns, .tenant = line->tenant};
  context.traceparent = event->traceparent;
  const auto reply = co_await bridge::call<notifier::Interface, notifier::Send>(
      tools.caller, "notifiers." + line->notifier, message, std::move(context));
  if (reply.ok()) {
    line->troubles.fine(line->notifier);
    line->refused.erase(message.type);
    co_return true;
  }
  line->troubles.failed(line->notifier, reply.status(), tools.clock.now());
  co_return gives_up(*line, entry, message.type, reply.status());
}

bool Notifications::gives_up(Line& line, const storage::Entry& entry, const std::string& type, const Status& status) {
  const Instant now = line.tools.clock.now();
  const bool refused = status.code == Code::invalid_argument;
  if (refused && line.refused_event != entry.sequence) {
    line.refused_event = entry.sequence;
    line.refused_since = now;
  }
  const bool hopeless = refused && (line.refused.contains(type) || now - line.refused_since >= kRefused);
  if (!hopeless && now - entry.at < kGiveUp) return false;
  if (hopeless) {
    line.refused.insert(type);
    line.troubles.fine(line.notifier);
  }
  line.tools.metrics.counter(telemetry::metric::kEventsGivenUp, {line.notifier, type}).add();
  line.tools.log.error("an event could not be told and is given up", {{"tenant", line.tenant},
                                                                      {"notifier", line.notifier},
                                                                      {"event", entry.sequence},
                                                                      {"type", type},
                                                                      {"reason", to_string(status)}});
  return true;
}

boost::asio::awaitable<Result<std::int64_t>> Notifications::cursor_of(std::shared_ptr<Line> line) {
  std::vector<storage::Key> wanted;
  wanted.push_back(keys::cursor(line->tenant, line->notifier));
  const auto found = co_await line->tools.store.get(std::move(wanted));
  if (!found.ok()) co_return found.status();
  if (found->records.empty()) co_return std::int64_t{0};
  co_return std::strtoll(found->records.front().value.c_str(), nullptr, 10);
}

// A cursor that is not stored means that some events are told again, under the same ids.
boost::asio::awaitable<void> Notifications::remember(std::shared_ptr<Line> line, std::int64_t sequence,
                                                     std::int64_t token) {
  if (line->tools.ownership.token(partition_of(line->tenant)) != token) co_return;
  storage::WriteRequest batch;
  batch.expect_leases.push_back(line->tools.ownership.fence());
  batch.puts.push_back({keys::cursor(line->tenant, line->notifier), std::to_string(sequence)});
  (void)co_await line->tools.store.write(batch, std::string());
}

}  // namespace slipway::rollout
