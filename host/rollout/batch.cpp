#include "host/rollout/batch.hpp"

#include "host/rollout/once.hpp"
#include "host/rollout/view.hpp"

namespace slipway::rollout {
namespace {

JournalEntry entry_of(const Change& change, const Record& record, Instant now) {
  JournalEntry entry{.at = now,
                     .kind = change.kind,
                     .state = record.rollout.state,
                     .step = record.rollout.step,
                     .reason = change.reason,
                     .actor = change.by,
                     .generation = record.order.generation,
                     .detail = change.detail,
                     .request_id = change.origin.request_id,
                     .traceparent = change.origin.traceparent};
  if (entry.traceparent.empty()) entry.traceparent = record.rollout.traceparent;
  for (const OrderedGroup& group : record.order.groups)
    entry.groups.push_back({group.role, group.replicas, group.weight});
  return entry;
}

bool needs_new_order(const Record& record, const std::string& stable_release, const ApplicationSpec& spec) {
  const Order steady = steady_order(stable_release, spec.replicas, 0);
  return !same_order(record.order, steady) || record.spec.hosts != spec.hosts ||
         sticky_of(record.spec) != sticky_of(spec);
}

}  // namespace

Event event_of(const std::string& type, const Record& record, const std::string& summary, Instant now) {
  return {.type = type,
          .tenant = record.rollout.tenant,
          .at = now,
          .application = record.rollout.application,
          .rollout = record.rollout.id,
          .summary = summary,
          .data = {encode_text(view(record, 0, nullptr))},
          .traceparent = record.rollout.traceparent};
}

void append_event(storage::WriteRequest& batch, const Event& event) {
  batch.appends.push_back({keys::events(event.tenant), encode_text(event)});
}

Draft draft_of(Change change, const Stored<Application>& application, const Stored<Record>* before,
               const provider::Observation* world, Instant now) {
  const Application& was = application.value;
  Draft draft{.generation = was.generation,
              .record = std::move(change.record),
              .record_version = before == nullptr ? 0 : before->version};
  draft.once = std::move(change.origin.once);
  Record& record = draft.record;
  const std::string& stable_release = change.stable_release ? *change.stable_release : was.stable_release;
  const bool ended = has_ended(record.rollout.state);
  const std::string rollout = ended ? std::string() : record.rollout.id;
  const bool reordered = before != nullptr && !same_order(record.order, before->value.order);
  if (reordered || record.order.generation == kUnnumbered) record.order.generation = ++draft.generation;
  if (ended && needs_new_order(record, stable_release, was.spec)) ++draft.generation;
  // The number of the last order stands in the record while the rollout is under way: see Driver::load.
  if (before == nullptr || rollout != was.rollout || stable_release != was.stable_release) {
    Application& app = draft.application.emplace(application).value;
    app.stable_release = stable_release;
    app.rollout = rollout;
    app.generation = draft.generation;
    app.updated_at = now;
  }
  record.rollout.updated_at = now;
  record.rollout.groups = group_status(record.order, world);
  if (!change.kind.empty()) {
    record.rollout.why.reason = change.reason;
    draft.journal.push_back(entry_of(change, record, now));
  }
  for (const std::string& type : change.events) {
    Event& event =
        draft.events.emplace_back(event_of(type, record, record.rollout.application + ": " + change.reason, now));
    if (!change.origin.traceparent.empty()) event.traceparent = change.origin.traceparent;
    event.request_id = change.origin.request_id;
  }
  return draft;
}

void carry_out_once(storage::WriteRequest& batch, const std::string& once, const std::string& made) {
  if (once.empty()) return;
  batch.expect.push_back({carried_out(once), 0});
  batch.puts.push_back({carried_out(once), made});
}

storage::WriteRequest batch_of(const Draft& draft) {
  storage::WriteRequest batch;
  const Rollout& rollout = draft.record.rollout;
  const storage::Key key = keys::rollout(rollout.tenant, rollout.id);
  batch.expect.push_back({key, draft.record_version});
  batch.expect_leases.push_back(draft.fence);
  batch.puts.push_back({key, encode_text(draft.record)});
  if (draft.application) {
    const storage::Key app = keys::application(rollout.tenant, rollout.application);
    batch.expect.push_back({app, draft.application->version});
    batch.puts.push_back({app, encode_text(draft.application->value)});
  }
  if (draft.good_release) {
    const Release& release = draft.good_release->value;
    const storage::Key good = keys::release(release.tenant, release.application, release.name);
    batch.expect.push_back({good, draft.good_release->version});
    batch.puts.push_back({good, encode_text(release)});
  }
  const storage::Key active = keys::index(rollout.tenant, "active/", rollout.id);
  if (has_ended(rollout.state)) batch.removes.push_back(active);
  if (rollout.ended_at) batch.puts.push_back({keys::ended(rollout.tenant, *rollout.ended_at, rollout.id), rollout.id});
  if (draft.record_version == 0) {
    batch.puts.push_back({keys::index(rollout.tenant, "all/", rollout.id), rollout.id});
    batch.puts.push_back({keys::index(rollout.tenant, "app/" + rollout.application + "/", rollout.id), rollout.id});
  }
  if (!has_ended(rollout.state) && draft.application) batch.puts.push_back({active, rollout.id});
  for (const JournalEntry& entry : draft.journal)
    batch.appends.push_back({keys::journal(rollout.tenant, rollout.id), encode_text(entry)});
  for (const Event& event : draft.events) append_event(batch, event);
  carry_out_once(batch, draft.once, rollout.id);
  return batch;
}

}  // namespace slipway::rollout
