// The half of Application that keeps what its releases need: their words, their programs' digests, their archives.
#include <algorithm>
#include <filesystem>

#include "plugins/providers/local/reconcile/application.hpp"

namespace slipway::local {
namespace {

using provider::Desired;
using provider::DesiredGroup;
using provider::Release;

// Two groups at once (a baseline runs what stable does), and the release before each.
constexpr std::size_t kArchivesKept = 4;
constexpr std::size_t kProgramsKept = 100;

}  // namespace

// A release does not change, so a program belongs to it as it was at first: whatever starts later runs the same bytes
// or is refused. A baseline runs the bytes of stable, which it is there to be compared with.
awaitable<void> Application::pin_programs(Desired& desired) {
  const DesiredGroup* const stable = group_with_role(desired, "stable");
  for (DesiredGroup& group : desired.groups) {
    provider::Artefact& artefact = group.release.artefact;
    const bool twin = group.role == "baseline" && stable && stable->release.artefact.path == artefact.path;
    const std::string& version = (twin ? *stable : group).release.version;
    if (artefact.path.empty() || !artefact.digest.empty()) continue;
    if (program_of(version) == nullptr) {
      std::string digest = co_await tools_.replicas.preparer.digest_of(artefact.path);
      // A folder has none; what can't be read just now is asked for again.
      std::error_code unknown;
      if (digest.empty() && !std::filesystem::is_directory(artefact.path, unknown)) continue;
      // Unless another order was quicker.
      if (program_of(version) == nullptr)
        record_.programs.insert(record_.programs.begin(), {version, std::move(digest)});
    }
    artefact.digest = program_of(version)->digest;
  }
  if (record_.programs.size() > kProgramsKept) record_.programs.resize(kProgramsKept);
}

const ProgramRecord* Application::program_of(const std::string& version) const {
  const auto found = std::ranges::find(record_.programs, version, &ProgramRecord::release);
  return found == record_.programs.end() ? nullptr : &*found;
}

// Of what is desired and of what still runs.
void Application::keep_releases() {
  std::vector<Release> kept;
  for (const DesiredGroup& group : record_.desired.groups) kept.push_back(group.release);
  for (const Release& old : record_.releases) {
    const bool runs =
        std::ranges::any_of(replicas_, [&](const auto& r) { return r.second->record().release == old.version; });
    const bool known = std::ranges::find(kept, old.version, &Release::version) != kept.end();
    if (runs && !known) kept.push_back(old);
  }
  record_.releases = std::move(kept);
}

void Application::keep_archives() {
  std::vector<std::string>& archives = record_.archives;
  for (const DesiredGroup& group : record_.desired.groups) {
    if (group.release.artefact.archive.empty()) continue;
    std::erase(archives, group.release.artefact.digest);
    archives.insert(archives.begin(), group.release.artefact.digest);
  }
  if (archives.size() > kArchivesKept) archives.resize(kArchivesKept);
}

void Application::add_archives(std::set<std::string>& digests) const {
  digests.insert(record_.archives.begin(), record_.archives.end());
  for (const Release& release : record_.releases) {
    if (!release.artefact.archive.empty()) digests.insert(release.artefact.digest);
  }
}

}  // namespace slipway::local
