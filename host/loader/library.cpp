#include "host/loader/library.hpp"

#include <utility>

namespace slipway::loader {

MappedLibrary::MappedLibrary(StoredFile file, const ElfImage& image, Mapping mapping, const slipway_plugin& table,
                             std::shared_ptr<Residents> residents)
    : file_(std::move(file)),
      never_unloads_(image.never_unloads),
      mapping_(std::move(mapping)),
      table_(table),
      residents_(std::move(residents)) {}

MappedLibrary::~MappedLibrary() {
  const Residency residency = mapping_.unmap();
  const char* reason = never_unloads_
                           ? "it is linked with -z nodelete"
                           : "something still holds it: a thread-local destructor, a unique symbol, or another library";
  residents_->note({file_.sha256, file_.size, reason}, residency);
}

}  // namespace slipway::loader
