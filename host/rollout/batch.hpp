// A decision as one atomic write. Pure.
#pragma once

#include "host/rollout/store.hpp"

namespace slipway::rollout {

// Everything that one write needs. Versions are those on which the decision rests; 0 for a rollout that begins.
struct Draft {
  std::optional<Stored<Application>> application;  // when the write touches it
  std::int64_t generation = 0;                     // the application's from then on
  Record record;
  std::int64_t record_version = 0;
  std::vector<JournalEntry> journal;
  std::vector<Event> events;
  std::optional<Stored<Release>> good_release;
  storage::ExpectLease fence;
  std::string once;  // the name of the request, when it is carried out once
};

// Completes a change: generation of its order, the application's fields, times, journal and events. `before` is absent
// for a rollout that begins.
Draft draft_of(Change change, const Stored<Application>& application, const Stored<Record>* before,
               const provider::Observation* world, Instant now);
// Puts stand in this order: the record, the application when touched, the good release.
storage::WriteRequest batch_of(const Draft& draft);

Event event_of(const std::string& type, const Record& record, const std::string& summary, Instant now);
void append_event(storage::WriteRequest& batch, const Event& event);
// The request of this name is carried out by this write, and by no other. `made` is the name of what it makes.
void carry_out_once(storage::WriteRequest& batch, const std::string& once, const std::string& made);

}  // namespace slipway::rollout
