#include <slipway/abi/plugin.h>

#include <algorithm>

#include "host/loader/elf_image.hpp"

namespace slipway::loader {
namespace {

Status refuse(std::string text) { return {Code::failed_precondition, std::move(text)}; }

// At most five of the names: enough to see what they are.
std::string some(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 5); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > 5 ? text + " and " + std::to_string(names.size() - 5) + " more" : text;
}

Status check_exports(const ElfImage& image) {
  std::vector<std::string> others = image.exports;
  const auto removed = std::erase(others, SLIPWAY_PLUGIN_ENTRY);
  if (removed == 0) {
    return refuse(
        "exports no slipway_plugin_entry; define it with SLIPWAY_PLUGIN, or in C as in slipway/abi/plugin.h, and build "
        "with slipway_add_plugin");
  }
  if (removed > 1)
    return refuse("exports slipway_plugin_entry " + std::to_string(removed) +
                  " times, and which of them would be called is anybody's guess; define it once");
  if (others.empty()) return {};
  const std::string pinned = image.unique.empty() ? ""
                                                  : ", " + std::to_string(image.unique.size()) +
                                                        " of them unique, which would keep it in memory for ever";
  return refuse("exports more than slipway_plugin_entry: " + some(others) + pinned +
                "; link with the version script that slipway_add_plugin sets");
}

Status check_needed(const ElfImage& image) {
  for (const std::string& name : image.needed) {
    if (name.find('/') == name.npos) continue;
    return refuse("needs \"" + name +
                  "\" by path, which bypasses the checks of its package; link it statically or need it by name");
  }
  return {};
}

}  // namespace

Status check_plugin_image(const ElfImage& image) {
  if (Status status = check_exports(image); !status.ok()) return status;
  if (Status status = check_needed(image); !status.ok()) return status;
  if (!image.rpath.empty()) {
    return refuse(
        "brings the library search path \"" + image.rpath +
        "\" (RPATH or RUNPATH); link without -rpath, in CMake with BUILD_WITH_INSTALL_RPATH ON and no INSTALL_RPATH");
  }
  if (image.text_relocations)
    return refuse("has relocations in its code (TEXTREL); compile everything in it with -fPIC");
  if (image.executable_stack) return refuse("asks for an executable stack; link with -z noexecstack");
  return {};
}

}  // namespace slipway::loader
