#include "host/loader/library.hpp"

#include <utility>

namespace slipway::loader {
namespace {

// Why a library would stay in memory after its last user let go of it, as far as its image tells.
std::string reason_to_stay(const ElfImage& image) {
  if (image.never_unloads) return "it is linked with -z nodelete";
  if (image.unique.empty())
    return "something still holds it: a thread of its own, a thread-local destructor, or another library";
  std::string reason = "the unique symbol " + image.unique.front();
  if (image.unique.size() > 1) reason += " and " + std::to_string(image.unique.size() - 1) + " more";
  return reason + " hold it; link it with the version script that slipway_add_plugin sets";
}

}  // namespace

MappedLibrary::MappedLibrary(StoredFile file, const ElfImage& image, Mapping mapping, const slipway_plugin& table,
                             std::shared_ptr<Residents> residents)
    : file_(std::move(file)),
      kept_by_(reason_to_stay(image)),
      mapping_(std::move(mapping)),
      table_(table),
      residents_(std::move(residents)) {}

MappedLibrary::~MappedLibrary() {
  const Residency residency = mapping_.unmap();
  residents_->note({file_.sha256, file_.size, kept_by_}, residency);
}

}  // namespace slipway::loader
