#include "host/loader/mapping.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "host/loader/begun_threads.hpp"

namespace slipway::loader {
namespace {

namespace dll = boost::dll;

// The linker's words, out of "boost::dll::shared_library::load() failed (dlerror system message: WORDS): Bad file
// descriptor".
std::string linker_reason(std::string_view text) {
  constexpr std::string_view kBefore = "(dlerror system message: ";
  const auto begin = text.find(kBefore);
  const auto end = text.rfind(')');
  if (begin == text.npos || end < begin + kBefore.size()) return std::string(text);
  return std::string(text.substr(begin + kBefore.size(), end - begin - kBefore.size()));
}

// One page of a file, mapped only to be found in /proc/self/maps.
class ProbePage {
 public:
  explicit ProbePage(const Descriptor& file) : address_(::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, file.get(), 0)) {}
  ProbePage(const ProbePage&) = delete;
  ProbePage& operator=(const ProbePage&) = delete;
  ~ProbePage() {
    if (address_ != MAP_FAILED) ::munmap(address_, 1);
  }
  [[nodiscard]] const void* address() const { return address_ == MAP_FAILED ? nullptr : address_; }

 private:
  void* address_;
};

std::optional<std::uintptr_t> hexadecimal(std::string_view text) {
  std::uintptr_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// The next word of a line, which is cut off it.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

// "08:01 1234", device and inode, if this line of /proc/self/maps holds the address (proc(5)).
std::optional<std::string> file_at(std::string_view line, std::uintptr_t address) {
  const auto range = next_word(line);
  const auto dash = std::min(range.find('-'), range.size());
  const auto begin = hexadecimal(range.substr(0, dash));
  const auto end = hexadecimal(range.substr(std::min(dash + 1, range.size())));
  if (!begin || !end || address < *begin || address >= *end) return std::nullopt;
  next_word(line);  // permissions
  next_word(line);  // offset
  const std::string device(next_word(line));
  return device + " " + std::string(next_word(line));
}

std::optional<std::string> mapped_file(const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (auto file = file_at(line, reinterpret_cast<std::uintptr_t>(address))) return file;
  }
  return std::nullopt;
}

// From its first loaded segment to its last; empty when the linker does not know it.
AddressRange range_of(void* handle) {
  const link_map* library = nullptr;
  if (::dlinfo(handle, RTLD_DI_LINKMAP, static_cast<void*>(&library)) != 0) return {};
  struct Search {
    std::uintptr_t base;
    AddressRange found;
  } search{library->l_addr, {}};
  const auto visit = [](dl_phdr_info* info, std::size_t, void* context) {
    auto& [base, found] = *static_cast<Search*>(context);
    if (info->dlpi_addr != base) return 0;
    for (const auto& segment : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
      if (segment.p_type != PT_LOAD) continue;
      const std::uintptr_t begin = base + segment.p_vaddr;
      if (found.end == 0) found.begin = begin;
      found.end = begin + segment.p_memsz;
    }
    return 1;
  };
  ::dl_iterate_phdr(visit, &search);
  return search.found;
}

}  // namespace

bool is_resident(const std::filesystem::path& path) {
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  if (handle == nullptr) {
    ::dlerror();
    return false;
  }
  ::dlclose(handle);
  return true;
}

Mapping::Mapping(dll::shared_library library, std::filesystem::path path)
    : library_(std::move(library)), path_(std::move(path)) {}

Result<Mapping> Mapping::map(const std::filesystem::path& path) {
  try {
    // Without rtld_now an undefined symbol would end the process at its first call; the overload with an error code
    // would lose the linker's reason.
    dll::shared_library library(path.string(), dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    return Mapping(std::move(library), path);
  } catch (const std::exception& error) {
    return Status(Code::failed_precondition, "cannot be mapped: " + linker_reason(error.what()));
  }
}

void* Mapping::symbol(const char* name) const {
  return library_.is_loaded() ? ::dlsym(library_.native(), name) : nullptr;
}

std::vector<std::string> Mapping::threads() const {
  return library_.is_loaded() ? threads_begun_in(range_of(library_.native())) : std::vector<std::string>();
}

void Mapping::pin() {
  if (void* handle = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE)) ::dlclose(handle);
}

Residency Mapping::unmap() {
  library_.unload();
  return is_resident(path_) ? Residency::parked : Residency::unloaded;
}

Status check_mapped_file(const void* address, const Descriptor& verified) {
  // Device and inode are compared as /proc/self/maps shows both: on overlay and btrfs file systems it shows other
  // numbers than fstat does.
  const ProbePage probe(verified);
  const auto wanted = probe.address() == nullptr ? std::nullopt : mapped_file(probe.address());
  const auto mapped = mapped_file(address);
  if (wanted && mapped && *wanted == *mapped) return {};
  return {Code::failed_precondition, "what was mapped is not the file that was verified (device and inode " +
                                         mapped.value_or("unknown") + " instead of " + wanted.value_or("unknown") +
                                         "); see who else writes to the store of plugins"};
}

}  // namespace slipway::loader
