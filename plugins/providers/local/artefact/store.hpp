// Unpacked artefacts, one folder for each digest. Blocking; any thread, but one at a time for one digest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <slipway/interfaces/provider.hpp>
#include <string>

namespace slipway::local {

// What an archive may hold at most, so that a small file cannot fill the disk.
struct UnpackLimits {
  std::uint64_t bytes = std::uint64_t{4} << 30;
  std::uint64_t entries = 200'000;
};

class ArtefactStore {
 public:
  explicit ArtefactStore(std::filesystem::path root, UnpackLimits limits = {})
      : root_(std::move(root)), limits_(limits) {}

  // What ${ARTEFACT} stands for: the path itself, or the folder of the unpacked archive; empty for an artefact that
  // names neither. Checks the digest when there is one. Throws slipway::Error that names the file and what is wrong
  // with it.
  std::filesystem::path resolve(const provider::Artefact& artefact) const;

  // Removes every unpacked archive but those of these digests, and what an interrupted unpacking left behind. Returns
  // how many went. What can't be removed stays for the next time.
  std::size_t remove_others(const std::set<std::string>& digests) const;

 private:
  std::filesystem::path unpacked(const provider::Artefact& artefact) const;

  std::filesystem::path root_;
  UnpackLimits limits_;
};

}  // namespace slipway::local
