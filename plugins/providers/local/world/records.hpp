// What the provider remembers of one application: the newest desired state and the replicas made for it. Plain
// documents.
#pragma once

#include <slipway/interfaces/provider.hpp>

namespace slipway::local {

// A replica. Written before its process is started and again once its pid is known; a record without a pid is looked up
// by the environment that the process would have been given.
struct ReplicaRecord {
  std::string id;  // unique in its application, never used again
  std::string release;
  std::int32_t port = 0;
  std::int32_t pid = 0;
  std::int64_t start_time = 0;
  Instant started_at;
  std::int32_t restarts = 0;
  std::int32_t ends_in_a_row = 0;
  Instant ready_since;
  bool listed = false;  // has a server that may get traffic in HAProxy's file
  bool leaving = false;
  std::string guest;  // where a replica of another machine is reached; empty for one of this machine
  static constexpr auto fields() {
    return slipway::fields(
        required("id", &ReplicaRecord::id, "Its name."), required("release", &ReplicaRecord::release, "What it runs."),
        required("port", &ReplicaRecord::port, "Where it listens; 0 before the first start.", between(0, 65535)),
        field("pid", &ReplicaRecord::pid, "Its process; 0 when none is known."),
        field("start_time", &ReplicaRecord::start_time, "Start of the process in clock ticks after boot."),
        field("started_at", &ReplicaRecord::started_at, "Start of the process."),
        field("ready_since", &ReplicaRecord::ready_since, "Since when it serves; meaningful while it is listed."),
        field("restarts", &ReplicaRecord::restarts, "How often it was started again."),
        field("ends_in_a_row", &ReplicaRecord::ends_in_a_row, "How often in a row it ended soon."),
        field("listed", &ReplicaRecord::listed, "Whether HAProxy's file has it."),
        field("leaving", &ReplicaRecord::leaving, "Whether it is being taken away."),
        field("guest", &ReplicaRecord::guest, "address:port of one that another machine runs."));
  }
};

// The program of a release whose artefact names no digest, as it was when the release was told first.
struct ProgramRecord {
  std::string release;
  std::string digest;
  static constexpr auto fields() {
    return slipway::fields(required("release", &ProgramRecord::release, "Version of the release."),
                           required("digest", &ProgramRecord::digest,
                                    "sha256:<64 hex digits>; empty for what is no file, and so is not asked again."));
  }
};

struct ApplicationRecord {
  provider::Desired desired;
  bool removed = false;
  std::vector<provider::Release> releases;  // of every replica, also of groups that are no longer desired
  std::vector<std::string> archives;        // digests of those that it was told last, the newest first
  std::vector<ProgramRecord> programs;      // of the releases that it was told last, the newest first
  std::string slot_a, slot_b, slot_c;       // release that each backend serves
  std::string route;                        // entry of the map of routes, as last made true
  std::vector<ReplicaRecord> replicas;
  std::int64_t next_replica = 1;
  static constexpr auto fields() {
    return slipway::fields(required("desired", &ApplicationRecord::desired, "The newest desired state."),
                           field("removed", &ApplicationRecord::removed, "Whether the application is being removed."),
                           field("releases", &ApplicationRecord::releases, "What the replicas run."),
                           field("archives", &ApplicationRecord::archives, "Archives that it was told last."),
                           field("programs", &ApplicationRecord::programs, "Programs that it was told last."),
                           field("slot_a", &ApplicationRecord::slot_a, "Release in the first backend."),
                           field("slot_b", &ApplicationRecord::slot_b, "Release in the second backend."),
                           field("slot_c", &ApplicationRecord::slot_c, "Release in the third backend."),
                           field("route", &ApplicationRecord::route, "Where traffic goes."),
                           field("replicas", &ApplicationRecord::replicas, "The replicas."),
                           field("next_replica", &ApplicationRecord::next_replica, "Number of the next replica."));
  }
};

// What is left of an application that was removed: who ordered it last.
struct RemovedRecord {
  std::string tenant;
  std::string application;
  std::int64_t token = 0;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &RemovedRecord::tenant, "Its tenant."),
                           required("application", &RemovedRecord::application, "Its name."),
                           required("token", &RemovedRecord::token, "The newest fencing token that it has seen."));
  }
};

struct RemovedRecords {
  std::vector<RemovedRecord> removed;  // the oldest first
  static constexpr auto fields() {
    return slipway::fields(required("removed", &RemovedRecords::removed, "Applications that were removed."));
  }
};

}  // namespace slipway::local
