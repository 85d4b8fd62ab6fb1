// The profiles that were in force on this host, kept as files beside its state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <slipway/document.hpp>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/lifecycle/changes.hpp"

namespace slipway::lifecycle {

// Of each instance, by its name.
using Versions = std::map<std::string, std::string>;

// The newest one is in force.
struct Revision {
  std::int64_t number = 0;
  std::string author;
  Instant at;
  std::string reason;
  std::string digest;              // SHA-256 of the profile
  std::string file_digest;         // of the profile file as it was when this revision was made
  std::int64_t returned_from = 0;  // the one that the host went back from by itself; 0: none
  Changes changes;                 // against the revision before
  Versions versions;               // that ran, also where the profile leaves them open
  Json profile;                    // as it was written, templates and all
  static constexpr auto fields() {
    return slipway::fields(
        required("number", &Revision::number, "Its number, from 1."),
        required("author", &Revision::author, "Who made it; \"slipwayd\" when the host did it by itself."),
        required("at", &Revision::at, "When."), field("reason", &Revision::reason, "Why."),
        required("digest", &Revision::digest, "SHA-256 of the profile."),
        field("file_digest", &Revision::file_digest, "SHA-256 of the host's profile file at that time."),
        field("returned_from", &Revision::returned_from,
              "The revision that the host went back from by itself; 0: none, this one is somebody's wish."),
        field("changes", &Revision::changes, "What changed against the revision before."),
        field("versions", &Revision::versions,
              "The version of each plugin that ran, by the instance's name, also where the profile leaves it open."),
        required("profile", &Revision::profile, "The profile as it was written."));
  }
};

// Safe from any thread and for one host on one folder. Blocks on the disk.
class Revisions {
 public:
  // The folder is made, private, with the first revision. At most `keep` revisions stay, the newest ones.
  explicit Revisions(std::filesystem::path folder, std::size_t keep = 200) : folder_(std::move(folder)), keep_(keep) {}

  // The newest one; nothing when there is none. DATA_LOSS when it can't be read.
  [[nodiscard]] Result<std::optional<Revision>> newest() const;
  // NOT_FOUND names the numbers that there are.
  [[nodiscard]] Result<Revision> get(std::int64_t number) const;
  // Newest first: at most `limit` below `before`, or from the newest with 0.
  [[nodiscard]] Result<std::vector<Revision>> list(std::int64_t before, std::size_t limit) const;
  // Where a rollback without a number leads: the newest one up to `now` (0: of all) that is another profile than that
  // of the digest, and none that the host went back from by itself since. NOT_FOUND when there is none.
  [[nodiscard]] Result<Revision> to_go_back_to(std::int64_t now, const std::string& digest) const;
  // Durable when it returns; gives it the next number.
  Result<Revision> add(Revision revision);

  // Marks the revision that will be added next as one that is watched, until the end of that is told. A host that finds
  // the mark at its newest revision when it starts ended while it watched. Those that are watched stay so: the next one
  // may come to nothing. Durable when they return.
  Result<std::int64_t> watch_next();
  // Does nothing unless that one is watched.
  Status end_watch(std::int64_t number);
  Status end_watches();
  [[nodiscard]] std::set<std::int64_t> watched() const;

 private:
  [[nodiscard]] std::vector<std::int64_t> numbers() const;
  [[nodiscard]] std::filesystem::path path_of(std::int64_t number) const;
  [[nodiscard]] std::filesystem::path mark() const { return folder_ / "watched"; }
  [[nodiscard]] Result<Revision> read(std::int64_t number) const;
  [[nodiscard]] Status write_mark(const std::set<std::int64_t>& marked) const;

  std::filesystem::path folder_;
  std::size_t keep_;
  std::mutex adding_;  // from the choice of a number until it is taken, and around the mark
};

}  // namespace slipway::lifecycle
