// Which plugin libraries are in this process, by the digest of their bytes, and what became of those that were given
// up.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <slipway/values.hpp>
#include <string>
#include <vector>

#include "host/loader/mapping.hpp"

namespace slipway::loader {

class MappedLibrary;

// A library that the linker kept although nobody uses it any more.
struct ParkedLibrary {
  std::string digest;
  std::uint64_t bytes = 0;
  std::string reason;
  bool operator==(const ParkedLibrary&) const = default;
};

// What became of a library whose users have let go of it.
enum class Fate { unloaded, parked, in_use };

// Safe from any thread.
class Residents {
 public:
  void add(const std::string& digest, const std::shared_ptr<MappedLibrary>& library);
  // The library with this content, or null when there is none. Waits up to five seconds for one that is being unmapped.
  [[nodiscard]] std::shared_ptr<MappedLibrary> find(const std::string& digest);
  // Waits at most `patience` until nobody uses the library any more.
  [[nodiscard]] Fate fate_of(const std::string& digest, Duration patience);
  // The library was unmapped: it is gone, or stays for the reason given.
  void note(const ParkedLibrary& library, Residency residency);

  // Of every library that is in use.
  [[nodiscard]] std::set<std::string> digests() const;
  [[nodiscard]] std::uint64_t unloaded() const;
  // One entry a digest: a parked library is never mapped a second time.
  [[nodiscard]] std::vector<ParkedLibrary> parked() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::weak_ptr<MappedLibrary>> libraries_;
  std::uint64_t unloaded_ = 0;
  std::vector<ParkedLibrary> parked_;
};

}  // namespace slipway::loader
