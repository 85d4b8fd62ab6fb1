// What the dynamic linker would see in a shared library, read without running or mapping any of it (System V gABI,
// chapters 4 and 5; the GNU extensions as glibc 2.36 reads them).
#pragma once

#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::loader {

// A value; safe to copy.
struct ElfImage {
  std::vector<std::string> exports;  // defined dynamic symbols that others can bind to, sorted
  std::vector<std::string> unique;   // of those, the STB_GNU_UNIQUE ones: each keeps the library mapped for ever
  std::vector<std::string> needed;   // DT_NEEDED, as written
  std::string rpath;                 // DT_RPATH or DT_RUNPATH, empty when there is none
  bool text_relocations = false;
  bool executable_stack = false;
  bool never_unloads = false;  // linked with -z nodelete
  // Has thread-local objects with destructors: the linker keeps it until those of every thread have run.
  bool thread_local_destructors = false;
};

// Reads a 64-bit little-endian shared object of this machine. INVALID_ARGUMENT for anything else and for every offset,
// size or count that leads outside the bytes; the message says which. Does no I/O, never reads outside `bytes`, and
// takes time linear in them. Safe from any thread.
Result<ElfImage> read_elf(std::string_view bytes);

// Whether a plugin may look like this: exports the entry symbol and nothing else, brings no search path, no
// relocations in code, no executable stack, and needs libraries by name only. FAILED_PRECONDITION with the way out.
Status check_plugin_image(const ElfImage& image);

}  // namespace slipway::loader
