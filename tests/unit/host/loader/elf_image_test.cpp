#include "host/loader/elf_image.hpp"

#include <elf.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <span>

#include "host/base/files.hpp"

namespace slipway::loader {
namespace {

std::string fixture(const std::string& name) {
  return base::read_file(std::string(SLIPWAY_FIXTURES) + "/" + name + ".so", {.max_bytes = std::size_t{64} << 20})
      .value();
}

// Bytes of a sound library in which a test changes one thing.
class Patched {
 public:
  explicit Patched(std::string bytes) : bytes_(std::move(bytes)) {}

  template <class T>
  T get(std::size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  template <class T>
  void put(std::size_t offset, const T& value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  // Where the first program header of this type is.
  std::size_t segment(std::uint32_t type) const {
    const auto header = get<Elf64_Ehdr>(0);
    std::size_t at = header.e_phoff;
    while (get<Elf64_Phdr>(at).p_type != type) at += sizeof(Elf64_Phdr);
    return at;
  }
  // Where the dynamic entry with this tag is.
  std::size_t dynamic(std::int64_t tag) const {
    std::size_t at = get<Elf64_Phdr>(segment(PT_DYNAMIC)).p_offset;
    while (get<Elf64_Dyn>(at).d_tag != tag) at += sizeof(Elf64_Dyn);
    return at;
  }
  void set_dynamic(std::int64_t tag, const Elf64_Dyn& entry) { put(dynamic(tag), entry); }
  std::string fault() const { return read_elf(bytes_).status().message; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Memory that ends where no byte can be read: who reads one more ends the test, with or without a sanitizer.
class GuardedEnd {
 public:
  explicit GuardedEnd(std::size_t most) : whole_((most / page() + 2) * page()) {
    void* memory = mmap(nullptr, whole_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<char*>(memory);
    EXPECT_EQ(mprotect(end(), page(), PROT_NONE), 0);
  }
  GuardedEnd(const GuardedEnd&) = delete;
  GuardedEnd& operator=(const GuardedEnd&) = delete;
  ~GuardedEnd() { munmap(begin_, whole_); }

  std::span<char> hold(std::string_view bytes) const {
    return {static_cast<char*>(std::memcpy(end() - bytes.size(), bytes.data(), bytes.size())), bytes.size()};
  }

 private:
  static std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
  [[nodiscard]] char* end() const { return begin_ + whole_ - page(); }

  std::size_t whole_;
  char* begin_ = nullptr;
};

Elf64_Dyn entry(std::int64_t tag, std::uint64_t value) {
  Elf64_Dyn result{};
  result.d_tag = tag;
  result.d_un.d_val = value;
  return result;
}

TEST(ElfImage, ASoundPluginShowsItsOneSymbolAndNothingElse) {
  const auto image = read_elf(fixture("sound"));
  ASSERT_TRUE(image.ok()) << image.status().message;
  EXPECT_EQ(image->exports, std::vector<std::string>{"slipway_plugin_entry"});
  EXPECT_TRUE(image->unique.empty());
  EXPECT_THAT(image->needed, ::testing::Contains("libc.so.6"));  // a sanitizer brings more
  EXPECT_EQ(image->rpath, "");
  EXPECT_FALSE(image->text_relocations);
  EXPECT_FALSE(image->executable_stack);
  EXPECT_FALSE(image->never_unloads);
  EXPECT_FALSE(image->thread_local_destructors);
  EXPECT_TRUE(check_plugin_image(*image).ok());
}

TEST(ElfImage, EachPeculiarityOfALibraryIsSeen) {
  EXPECT_EQ(read_elf(fixture("search_path"))->rpath, "/opt/elsewhere");
  EXPECT_TRUE(read_elf(fixture("executable_stack"))->executable_stack);
  EXPECT_TRUE(read_elf(fixture("never_unloads"))->never_unloads);
  EXPECT_TRUE(read_elf(fixture("thread_local_destructor"))->thread_local_destructors);
  EXPECT_EQ(read_elf(fixture("unique_symbol"))->unique, std::vector<std::string>{"_ZZ14shared_countervE7counter"});
}

TEST(ElfImage, RelocationsInTheCodeAreSeenInBothOfTheirForms) {
  Patched old_form(fixture("sound"));
  old_form.set_dynamic(DT_FLAGS_1, entry(DT_TEXTREL, 0));
  EXPECT_EQ(check_plugin_image(read_elf(old_form.bytes()).value()).message,
            "has relocations in its code (TEXTREL); compile everything in it with -fPIC");
  Patched new_form(fixture("sound"));
  new_form.set_dynamic(DT_FLAGS_1, entry(DT_FLAGS, DF_TEXTREL));
  EXPECT_TRUE(read_elf(new_form.bytes())->text_relocations);
}

TEST(ElfImage, ALibraryThatDoesNotSayWantsAnExecutableStack) {
  Patched library(fixture("sound"));
  const auto at = library.segment(PT_GNU_STACK);
  auto segment = library.get<Elf64_Phdr>(at);
  segment.p_type = PT_NOTE;
  library.put(at, segment);
  EXPECT_TRUE(read_elf(library.bytes())->executable_stack);
}

TEST(ElfImage, ADependencyByPathIsRefused) {
  ElfImage image;
  image.exports = {"slipway_plugin_entry"};
  image.needed = {"libc.so.6", "./libhelper.so"};
  EXPECT_EQ(check_plugin_image(image).message,
            "needs \"./libhelper.so\" by path, which bypasses the checks of its package; link it statically or need it "
            "by name");
}

TEST(ElfImage, OnlyTheFirstOfManyExportsAreNamed) {
  ElfImage image;
  image.exports = {"a", "b", "c", "d", "e", "f", "g", "slipway_plugin_entry"};
  EXPECT_EQ(check_plugin_image(image).message,
            "exports more than slipway_plugin_entry: a, b, c, d, e and 2 more; link with the version script that "
            "slipway_add_plugin sets");
}

TEST(ElfImage, AnEntryThatIsExportedTwiceIsRefused) {
  ElfImage image;
  image.exports = {"slipway_plugin_entry", "slipway_plugin_entry"};
  EXPECT_EQ(
      check_plugin_image(image).message,
      "exports slipway_plugin_entry 2 times, and which of them would be called is anybody's guess; define it once");
}

TEST(ElfImage, WhatIsNoLibraryForThisMachineIsNamed) {
  EXPECT_EQ(read_elf("").status().message, "the ELF header lies outside the file");
  EXPECT_EQ(read_elf(std::string(100, 'x')).status().message, "is no ELF file");
  Patched narrow(fixture("sound"));
  narrow.put(EI_CLASS, char{ELFCLASS32});
  EXPECT_EQ(narrow.fault(), "is no 64-bit ELF file");
  Patched big(fixture("sound"));
  big.put(EI_DATA, char{ELFDATA2MSB});
  EXPECT_EQ(big.fault(), "is not little-endian");
  Patched program(fixture("sound"));
  program.put(offsetof(Elf64_Ehdr, e_type), Elf64_Half{ET_EXEC});
  EXPECT_EQ(program.fault(), "is no shared object; its ELF type is 2");
  Patched foreign(fixture("sound"));
  foreign.put(offsetof(Elf64_Ehdr, e_machine), Elf64_Half{EM_S390});
  EXPECT_TRUE(foreign.fault().starts_with("is built for ELF machine 22; this host is machine ")) << foreign.fault();
}

TEST(ElfImage, TablesThatLeadOutsideTheFileAreRefused) {
  Patched headers(fixture("sound"));
  headers.put(offsetof(Elf64_Ehdr, e_phoff), Elf64_Off{UINT64_MAX - 8});
  EXPECT_EQ(headers.fault(), "the program header table lies outside the file");
  Patched strings(fixture("sound"));
  strings.set_dynamic(DT_STRSZ, entry(DT_STRSZ, UINT64_MAX));
  EXPECT_EQ(strings.fault(), "the string table lies outside the file");
  Patched symbols(fixture("sound"));
  symbols.set_dynamic(DT_SYMTAB, entry(DT_SYMTAB, std::uint64_t{1} << 60));
  EXPECT_EQ(symbols.fault(), "the symbol table lies in no loaded segment");
  Patched no_symbols(fixture("sound"));
  no_symbols.set_dynamic(DT_SYMTAB, entry(DT_DEBUG, 0));
  EXPECT_EQ(no_symbols.fault(), "has no dynamic symbols");
  Patched hash(fixture("sound"));
  const auto table = hash.get<Elf64_Dyn>(hash.dynamic(DT_GNU_HASH)).d_un.d_ptr;
  hash.put(table, std::uint32_t{0xFFFFFFFF});  // buckets; the first segment is mapped at its offset
  EXPECT_EQ(hash.fault(), "the symbol hash table lies outside the file");
}

TEST(ElfImage, NoTruncationOfALibraryIsReadBeyondItsEnd) {
  const std::string whole = fixture("sound");
  const GuardedEnd memory(whole.size());
  for (std::size_t size = 0; size < whole.size(); size += size < 4096 ? 1 : 61) {
    const auto cut = memory.hold(std::string_view(whole).substr(0, size));
    const auto image = read_elf({cut.data(), cut.size()});
    if (image.ok()) {
      EXPECT_EQ(image->exports.size(), 1U) << "cut to " << size << " bytes";
    }
  }
}

TEST(ElfImage, NoByteOfTheHeadersCanBeChangedIntoAReadOutsideTheFile) {
  const std::string whole = fixture("sound");
  const GuardedEnd memory(whole.size());
  const auto bytes = memory.hold(whole);
  int refused = 0;
  for (std::size_t at = 0; at < 2048; ++at) {
    const char right = std::exchange(bytes[at], static_cast<char>(~bytes[at]));
    const auto image = read_elf({bytes.data(), bytes.size()});
    bytes[at] = right;
    if (image.ok()) continue;
    ++refused;
    EXPECT_NE(image.status().message, "") << "byte " << at;
  }
  EXPECT_GT(refused, 50);
  EXPECT_TRUE(read_elf({bytes.data(), bytes.size()}).ok());
}

}  // namespace
}  // namespace slipway::loader
