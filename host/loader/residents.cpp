#include "host/loader/residents.hpp"

#include <algorithm>
#include <chrono>

namespace slipway::loader {

void Residents::add(const std::string& digest, const std::shared_ptr<MappedLibrary>& library) {
  const std::lock_guard lock(mutex_);
  libraries_[digest] = library;
}

std::shared_ptr<MappedLibrary> Residents::find(const std::string& digest) {
  std::unique_lock lock(mutex_);
  std::shared_ptr<MappedLibrary> found;
  // An entry without an owner is a library whose last reference was dropped and whose destructor is still at work.
  changed_.wait_for(lock, std::chrono::seconds(5), [&] {
    const auto entry = libraries_.find(digest);
    if (entry == libraries_.end()) return true;
    found = entry->second.lock();
    return found != nullptr;
  });
  return found;
}

Fate Residents::fate_of(const std::string& digest, Duration patience) {
  std::unique_lock lock(mutex_);
  const bool given_up =
      changed_.wait_for(lock, std::chrono::nanoseconds(patience.ns), [&] { return !libraries_.contains(digest); });
  if (!given_up) return Fate::in_use;
  const bool parked =
      std::any_of(parked_.begin(), parked_.end(), [&](const auto& library) { return library.digest == digest; });
  return parked ? Fate::parked : Fate::unloaded;
}

void Residents::note(const ParkedLibrary& library, Residency residency) {
  {
    const std::lock_guard lock(mutex_);
    libraries_.erase(library.digest);
    if (residency == Residency::parked) parked_.push_back(library);
    if (residency == Residency::unloaded) ++unloaded_;
  }
  changed_.notify_all();
}

std::set<std::string> Residents::digests() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> digests;
  for (const auto& [digest, ignored] : libraries_) digests.insert(digest);
  return digests;
}

std::uint64_t Residents::unloaded() const {
  const std::lock_guard lock(mutex_);
  return unloaded_;
}

std::vector<ParkedLibrary> Residents::parked() const {
  const std::lock_guard lock(mutex_);
  return parked_;
}

}  // namespace slipway::loader
