// Every profile that was ever in force on this host, kept as files beside its state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <slipway/document.hpp>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/lifecycle/changes.hpp"

namespace slipway::lifecycle {

// The newest one is in force.
struct Revision {
  std::int64_t number = 0;
  std::string author;
  Instant at;
  std::string reason;
  std::string digest;       // SHA-256 of the profile
  std::string file_digest;  // of the profile file as it was when this revision was made
  Changes changes;          // against the revision before
  Json profile;             // as it was written, templates and all
  static constexpr auto fields() {
    return slipway::fields(
        required("number", &Revision::number, "Its number, from 1."),
        required("author", &Revision::author, "Who made it; \"slipwayd\" when the host did it by itself."),
        required("at", &Revision::at, "When."), field("reason", &Revision::reason, "Why."),
        required("digest", &Revision::digest, "SHA-256 of the profile."),
        field("file_digest", &Revision::file_digest, "SHA-256 of the host's profile file at that time."),
        field("changes", &Revision::changes, "What changed against the revision before."),
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
  // Durable when it returns; gives it the next number.
  Result<Revision> add(Revision revision);

 private:
  [[nodiscard]] std::vector<std::int64_t> numbers() const;
  [[nodiscard]] std::filesystem::path path_of(std::int64_t number) const;
  [[nodiscard]] Result<Revision> read(std::int64_t number) const;

  std::filesystem::path folder_;
  std::size_t keep_;
  std::mutex adding_;  // from the choice of a number until it is taken
};

}  // namespace slipway::lifecycle
