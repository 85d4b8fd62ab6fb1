#include "host/loader/loader.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "host/loader/checks.hpp"

namespace slipway::loader {
namespace {

template <class State>
struct Check {
  std::string_view name;
  Status (*run)(State&);
};

// The whole way of a package, in order.
constexpr Check<Inspection> kBeforeRunning[] = {
    {"open_files", open_files},     {"read_manifest", read_manifest}, {"match_listing", match_listing},
    {"store_files", store_files},   {"match_digests", match_digests}, {"check_signature", check_signature},
    {"read_library", read_library}, {"match_abi", match_abi},
};
// What a stranger's code could do to a process is found out in a throw-away worker, before the first of these.
constexpr Check<Contact> kFirstContact[] = {
    {"refuse_resident", refuse_resident}, {"match_stored_copy", match_stored_copy},
    {"map_stored_copy", map_stored_copy}, {"match_mapped_file", match_mapped_file},
    {"call_entry", call_entry},           {"check_table", check_table},
};

template <class State>
Status run(std::span<const Check<State>> checks, State& state) {
  for (const Check<State>& check : checks) {
    if (state.settings.before_check) state.settings.before_check(check.name);
    if (Status status = check.run(state); !status.ok()) return status;
  }
  return {};
}

Status of_package(const Installed& package, Status status) {
  status.message =
      "plugin " + package.manifest.id + " " + base::to_string(package.manifest.version) + ": " + status.message;
  return status;
}

Status of_library(const Installed& package, Status status) {
  status.message = (package.folder() / package.manifest.library).string() + ": " + status.message;
  return of_package(package, std::move(status));
}

// A refused library is unmapped before its refusal is told.
void give_up(Contact& contact, Residents& residents) {
  if (!contact.mapping) return;
  const StoredFile& file = contact.verified.library;
  residents.note({file.sha256, file.size, "it was refused and stays all the same"}, contact.mapping->unmap());
}

}  // namespace

Loader::Loader(LoaderSettings settings, const SignaturePolicy& signatures)
    : settings_(std::move(settings)), signatures_(signatures), store_(settings_.store) {}

Result<VerifiedPackage> Loader::verify(const Installed& package) const {
  Inspection inspection{settings_, store_, signatures_, package, {}, {}, {}, {}, {}};
  if (Status status = run<Inspection>(kBeforeRunning, inspection); !status.ok())
    return of_package(package, std::move(status));
  StoredFile library = std::move(inspection.stored.at(inspection.package.manifest.library));
  return VerifiedPackage{std::move(inspection.package), std::move(library), std::move(inspection.image),
                         std::move(inspection.signer)};
}

Result<std::shared_ptr<const Library>> Loader::load(const Installed& package) {
  auto verified = verify(package);
  if (!verified.ok()) return verified.status();
  return load(std::move(*verified));
}

Result<std::shared_ptr<const Library>> Loader::load(VerifiedPackage verified) {
  const std::lock_guard lock(one_at_a_time_);
  auto mapped = map_or_share(verified);
  if (!mapped.ok()) return of_library(verified.package, mapped.status());
  return std::make_shared<const Library>(std::move(verified.package), std::move(verified.signer), std::move(*mapped));
}

Result<std::shared_ptr<const MappedLibrary>> Loader::map_or_share(VerifiedPackage& verified) {
  if (const auto there = residents_->find(verified.library.sha256)) {
    if (Status status = match_interfaces(there->table(), verified.package.manifest); !status.ok()) return status;
    return std::shared_ptr<const MappedLibrary>(there);
  }
  if (settings_.first_contact) {
    if (Status status = settings_.first_contact(verified); !status.ok()) return status;
  }
  Contact contact{settings_, verified, std::nullopt, nullptr, nullptr};
  if (Status status = run<Contact>(kFirstContact, contact); !status.ok()) {
    give_up(contact, *residents_);
    return status;
  }
  const std::string digest = verified.library.sha256;
  const auto mapped = std::make_shared<MappedLibrary>(std::move(verified.library), verified.image,
                                                      std::move(*contact.mapping), *contact.table, residents_);
  residents_->add(digest, mapped);
  if (verified.package.manifest.unload == manifest::Unload::keep) kept_.push_back(mapped);
  return std::shared_ptr<const MappedLibrary>(mapped);
}

void Loader::sweep() {
  const std::lock_guard lock(one_at_a_time_);
  store_.keep_only(residents_->digests());
}

}  // namespace slipway::loader
