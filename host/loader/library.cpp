#include "host/loader/library.hpp"

#include <utility>

namespace slipway::loader {
namespace {

// "the thread X and 2 more"
std::string first_of(const std::vector<std::string>& names, std::string text) {
  text += names.front();
  return names.size() == 1 ? text : text + " and " + std::to_string(names.size() - 1) + " more";
}

// Why a library would stay in memory after its last user let go of it, as far as its image tells.
std::string reason_to_stay(const ElfImage& image) {
  if (image.never_unloads) return "it is linked with -z nodelete";
  if (!image.unique.empty())
    return first_of(image.unique, "the unique symbol ") +
           " hold it; link it with the version script that slipway_add_plugin sets";
  if (image.thread_local_destructors)
    return "a thread-local object of its own is not destroyed before its thread ends; keep such things in the instance";
  return "something still holds it: it was opened once more, or another library needs it";
}

std::string reason_to_stay(const std::vector<std::string>& threads) {
  return first_of(threads, "its code is in use by its own thread ") + "; end every thread before destroy returns";
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
  if (const auto threads = mapping_.threads(); !threads.empty()) {
    kept_by_ = reason_to_stay(threads);
    mapping_.pin();
  }
  const Residency residency = mapping_.unmap();
  residents_->note({file_.sha256, file_.size, kept_by_}, residency);
}

}  // namespace slipway::loader
