#include "host/loader/elf_image.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace slipway::loader {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif

// Real libraries have about ten segments, forty dynamic entries and, exporting one symbol, a few hundred symbols.
constexpr std::size_t kMaxSegments = 256;
constexpr std::size_t kMaxDynamic = 4096;
constexpr std::size_t kMaxSymbols = std::size_t{1} << 20;
constexpr std::size_t kMaxExports = 4096;
constexpr std::size_t kMaxName = 4096;

// Thrown inside this file only; read_elf turns it into a status.
struct Malformed {
  std::string what;
};

// The file's bytes, by offset in the file or by the address at which they would be mapped.
class Image {
 public:
  explicit Image(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  [[nodiscard]] T at(std::uint64_t offset, std::string_view what) const {
    T value;
    const std::string_view bytes = range(offset, sizeof(T), what);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  // Entry `index` of a table that starts at `address`.
  template <class T>
  [[nodiscard]] T entry(std::uint64_t address, std::uint64_t index, std::string_view what) const {
    // index is below 2^32 and sizeof(T) small: the product cannot overflow.
    return at<T>(offset_of(address, what) + index * sizeof(T), what);
  }
  [[nodiscard]] std::string_view range(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      throw Malformed{std::string(what) + " lies outside the file"};
    }
    return bytes_.substr(offset, size);
  }
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t address, std::string_view what) const {
    for (const Elf64_Phdr& load : loads_) {
      if (address >= load.p_vaddr && address - load.p_vaddr < load.p_filesz)
        return load.p_offset + (address - load.p_vaddr);
    }
    throw Malformed{std::string(what) + " lies in no loaded segment"};
  }
  void add_load(const Elf64_Phdr& segment) {
    // Also rules out overflow in offset_of.
    static_cast<void>(range(segment.p_offset, segment.p_filesz, "a segment"));
    loads_.push_back(segment);
  }

 private:
  std::string_view bytes_;
  std::vector<Elf64_Phdr> loads_;
};

Elf64_Ehdr read_header(const Image& image) {
  const auto header = image.at<Elf64_Ehdr>(0, "the ELF header");
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) throw Malformed{"is no ELF file"};
  if (header.e_ident[EI_CLASS] != ELFCLASS64) throw Malformed{"is no 64-bit ELF file"};
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) throw Malformed{"is not little-endian"};
  if (header.e_type != ET_DYN) throw Malformed{"is no shared object; its ELF type is " + std::to_string(header.e_type)};
  if (header.e_machine != kMachine) {
    throw Malformed{"is built for ELF machine " + std::to_string(header.e_machine) + "; this host is machine " +
                    std::to_string(kMachine)};
  }
  return header;
}

std::vector<Elf64_Phdr> read_segments(const Image& image, const Elf64_Ehdr& header) {
  if (header.e_phentsize != sizeof(Elf64_Phdr)) throw Malformed{"has program headers of an unknown size"};
  if (header.e_phnum > kMaxSegments)
    throw Malformed{"has " + std::to_string(header.e_phnum) + " segments; at most 256 are read"};
  std::vector<Elf64_Phdr> segments;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    segments.push_back(image.at<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr), "the program header table"));
  }
  return segments;
}

// The dynamic section, as far as it matters here.
struct Dynamic {
  std::optional<std::uint64_t> strings, symbols, gnu_hash, sysv_hash;
  std::uint64_t strings_size = 0;
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> rpath;
  bool text_relocations = false;
  bool never_unloads = false;
};

void take(Dynamic& dynamic, const Elf64_Dyn& entry) {
  switch (entry.d_tag) {
    case DT_STRTAB:
      dynamic.strings = entry.d_un.d_ptr;
      break;
    case DT_STRSZ:
      dynamic.strings_size = entry.d_un.d_val;
      break;
    case DT_SYMTAB:
      dynamic.symbols = entry.d_un.d_ptr;
      break;
    case DT_GNU_HASH:
      dynamic.gnu_hash = entry.d_un.d_ptr;
      break;
    case DT_HASH:
      dynamic.sysv_hash = entry.d_un.d_ptr;
      break;
    // Filters load a library by name like a dependency does.
    case DT_NEEDED:
    case DT_FILTER:
    case DT_AUXILIARY:
      dynamic.needed.push_back(entry.d_un.d_val);
      break;
    case DT_RPATH:
    case DT_RUNPATH:
      dynamic.rpath = entry.d_un.d_val;
      break;
    case DT_TEXTREL:
      dynamic.text_relocations = true;
      break;
    case DT_FLAGS:
      dynamic.text_relocations |= (entry.d_un.d_val & DF_TEXTREL) != 0;
      break;
    case DT_FLAGS_1:
      dynamic.never_unloads = (entry.d_un.d_val & DF_1_NODELETE) != 0;
      break;
    default:
      break;
  }
}

Dynamic read_dynamic(const Image& image, const Elf64_Phdr& segment) {
  Dynamic dynamic;
  // The linker walks from the address, whatever the file offset in the header says.
  const std::uint64_t start = image.offset_of(segment.p_vaddr, "the dynamic section");
  for (std::uint64_t i = 0; i < kMaxDynamic; ++i) {
    const auto entry = image.at<Elf64_Dyn>(start + i * sizeof(Elf64_Dyn), "the dynamic section");
    if (entry.d_tag == DT_NULL) return dynamic;
    take(dynamic, entry);
  }
  throw Malformed{"has more than 4096 dynamic entries"};
}

std::string read_string(const Image& image, const Dynamic& dynamic, std::uint64_t index) {
  if (!dynamic.strings || index >= dynamic.strings_size) throw Malformed{"has a name outside its string table"};
  const std::uint64_t table = image.offset_of(*dynamic.strings, "the string table");
  const auto rest = image.range(table, dynamic.strings_size, "the string table").substr(index, kMaxName);
  const auto end = rest.find('\0');
  if (end == rest.npos) throw Malformed{"has a name without an end, or of more than 4096 bytes"};
  return std::string(rest.substr(0, end));
}

// One past the last symbol of a GNU hash table: the end of the chain that starts highest.
std::uint64_t count_by_gnu_hash(const Image& image, std::uint64_t table) {
  const auto word = [&](std::uint64_t index) {
    return image.entry<std::uint32_t>(table, index, "the symbol hash table");
  };
  const std::uint64_t buckets = word(0);
  const std::uint64_t first = word(1);
  const std::uint64_t bucket_start = 4 + std::uint64_t{word(2)} * 2;  // bloom words are 64 bits
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < buckets; ++i) last = std::max<std::uint64_t>(last, word(bucket_start + i));
  if (last < first) return first;
  while ((word(bucket_start + buckets + (last - first)) & 1U) == 0) ++last;
  return last + 1;
}

std::uint64_t count_symbols(const Image& image, const Dynamic& dynamic) {
  if (dynamic.gnu_hash) return count_by_gnu_hash(image, *dynamic.gnu_hash);
  if (dynamic.sysv_hash) return image.entry<std::uint32_t>(*dynamic.sysv_hash, 1, "the symbol hash table");
  throw Malformed{"has no symbol hash table"};
}

bool is_exported(const Elf64_Sym& symbol) {
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  const auto type = ELF64_ST_TYPE(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL && type != STT_SECTION &&
         type != STT_FILE && visibility != STV_HIDDEN && visibility != STV_INTERNAL;
}

// libstdc++ registers the destructor of a thread-local object by the first name, which ends in the second, glibc's.
void note_import(std::string_view name, ElfImage& to) {
  to.thread_local_destructors |= name == "__cxa_thread_atexit" || name == "__cxa_thread_atexit_impl";
}

void read_symbols(const Image& image, const Dynamic& dynamic, ElfImage& to) {
  if (!dynamic.symbols) throw Malformed{"has no dynamic symbols"};
  const std::uint64_t count = count_symbols(image, dynamic);
  if (count > kMaxSymbols)
    throw Malformed{"has " + std::to_string(count) + " dynamic symbols; at most 1048576 are read"};
  for (std::uint64_t i = 1; i < count; ++i) {
    const auto symbol = image.entry<Elf64_Sym>(*dynamic.symbols, i, "the symbol table");
    if (symbol.st_shndx == SHN_UNDEF) note_import(read_string(image, dynamic, symbol.st_name), to);
    if (!is_exported(symbol)) continue;
    if (to.exports.size() == kMaxExports) throw Malformed{"exports more than 4096 symbols; a plugin exports one"};
    to.exports.push_back(read_string(image, dynamic, symbol.st_name));
    if (ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE) to.unique.push_back(to.exports.back());
  }
  std::sort(to.exports.begin(), to.exports.end());
  std::sort(to.unique.begin(), to.unique.end());
}

void read_dynamic_facts(const Image& image, const Elf64_Phdr& segment, ElfImage& to) {
  const Dynamic dynamic = read_dynamic(image, segment);
  for (const std::uint64_t name : dynamic.needed) to.needed.push_back(read_string(image, dynamic, name));
  if (dynamic.rpath) to.rpath = read_string(image, dynamic, *dynamic.rpath);
  to.text_relocations = dynamic.text_relocations;
  to.never_unloads = dynamic.never_unloads;
  read_symbols(image, dynamic, to);
}

ElfImage read(Image image) {
  const auto segments = read_segments(image, read_header(image));
  ElfImage result;
  result.executable_stack = true;  // what the linker assumes when the library does not say
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_LOAD) image.add_load(segment);
    if (segment.p_type == PT_GNU_STACK) result.executable_stack = (segment.p_flags & PF_X) != 0;
  }
  const auto dynamic =
      std::find_if(segments.begin(), segments.end(), [](const auto& s) { return s.p_type == PT_DYNAMIC; });
  if (dynamic == segments.end()) throw Malformed{"has no dynamic section"};
  read_dynamic_facts(image, *dynamic, result);
  return result;
}

}  // namespace

Result<ElfImage> read_elf(std::string_view bytes) {
  try {
    return read(Image(bytes));
  } catch (const Malformed& fault) {
    return Status(Code::invalid_argument, fault.what);
  }
}

}  // namespace slipway::loader
