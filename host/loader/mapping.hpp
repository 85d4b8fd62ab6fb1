// The dynamic linker: everything that maps, asks or unmaps goes through here.
#pragma once

#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/loader/descriptor.hpp"

namespace slipway::loader {

// Whether a library is in this process after the last reference to it was given up.
enum class Residency { unloaded, parked };

// Whether the linker has this file mapped now, under whatever name (RTLD_NOLOAD). [any thread]
bool is_resident(const std::filesystem::path& path);

// One mapping of one library, unmapped by the destructor. One thread at a time; unmapping runs the library's
// destructors on the calling thread.
class Mapping {
 public:
  // Binds every symbol now and offers none to other libraries (RTLD_NOW, RTLD_LOCAL). FAILED_PRECONDITION with the
  // linker's own reason, an undefined symbol for one. Runs the library's constructors on the calling thread.
  static Result<Mapping> map(const std::filesystem::path& path);

  // Null when the library has no such symbol.
  [[nodiscard]] void* symbol(const char* name) const;
  // Threads that began in the library and still run, as threads_begun_in tells them.
  [[nodiscard]] std::vector<std::string> threads() const;
  // Keeps the library mapped from now on, whoever lets go of it.
  void pin();
  // Unmaps and then asks the linker: closing a library successfully does not prove that it is gone.
  Residency unmap();

 private:
  explicit Mapping(boost::dll::shared_library library, std::filesystem::path path);

  boost::dll::shared_library library_;
  std::filesystem::path path_;
};

// Whether `address` belongs to a mapping of exactly the file that `verified` is open on. FAILED_PRECONDITION otherwise.
Status check_mapped_file(const void* address, const Descriptor& verified);

}  // namespace slipway::loader
