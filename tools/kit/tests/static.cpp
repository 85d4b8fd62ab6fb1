// What can be told without running any code of the package.
#include <slipway/abi/plugin.h>

#include <algorithm>

#include "tools/kit/signature.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 5); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > 5 ? text + " and " + std::to_string(names.size() - 5) + " more" : text;
}

void plugin_json(Context& context) {
  if (!context.package.manifest.ok()) fail(context.package.manifest.status().message);
}

void files(Context& context) {
  static_cast<void>(context.package.must_have_manifest());
  if (const Status status = check_files(context.package); !status.ok()) fail(status.message);
}

void signature(Context& context) {
  static_cast<void>(context.package.must_have_manifest());
  const auto signer = read_signer(context.key);
  if (!signer.ok()) fail(signer.status().message);
  const auto signed_by = check_signature(context.package, *signer);
  if (signed_by.status().code == Code::not_found) skip(signed_by.status().message);
  if (!signed_by.ok()) fail(signed_by.status().message);
  context.note = *signed_by;
}

void library(Context& context) {
  static_cast<void>(context.package.must_have_manifest());
  if (!context.package.image.ok())
    fail(context.package.library.string() + ": " + context.package.image.status().message);
}

void abi(Context& context) {
  const manifest::AbiRange& range = context.package.must_have_manifest().abi;
  const manifest::AbiVersion mine{SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR};
  if (range.min <= mine && mine.major_number <= range.max.major_number) return;
  fail("plugin.json says ABI " + to_string(range.min) + " to " + to_string(range.max) + "; this kit speaks " +
       to_string(mine));
}

void exports_only_the_entry(Context& context) {
  auto others = context.package.must_have_image().exports;
  if (std::erase(others, SLIPWAY_PLUGIN_ENTRY) == 0) fail("exports no " SLIPWAY_PLUGIN_ENTRY);
  // Unique symbols are another test's.
  for (const std::string& unique : context.package.must_have_image().unique) std::erase(others, unique);
  if (!others.empty())
    fail("exports more than " SLIPWAY_PLUGIN_ENTRY ": " + listed(others) +
         "; link with the version script that slipway_add_plugin sets");
}

void no_unique_symbols(Context& context) {
  const auto& unique = context.package.must_have_image().unique;
  if (!unique.empty())
    fail("has symbols of the binding UNIQUE, which keep it in memory for ever: " + listed(unique) +
         "; link with the version script that slipway_add_plugin sets");
}

void no_search_path(Context& context) {
  const std::string& path = context.package.must_have_image().rpath;
  if (!path.empty()) fail("brings the library search path \"" + path + "\" (RPATH or RUNPATH); link without -rpath");
}

void no_text_relocations(Context& context) {
  if (context.package.must_have_image().text_relocations)
    fail("has relocations in its code (TEXTREL); compile everything in it with -fPIC");
}

void no_executable_stack(Context& context) {
  if (context.package.must_have_image().executable_stack)
    fail("asks for an executable stack; link with -z noexecstack");
}

void needs_libraries_by_name(Context& context) {
  for (const std::string& name : context.package.must_have_image().needed) {
    if (name.find('/') != name.npos) fail("needs \"" + name + "\" by path; link it statically or need it by name");
  }
}

void may_be_unloaded(Context& context) {
  const bool keep = context.package.must_have_manifest().unload == manifest::Unload::keep;
  const bool pinned = context.package.must_have_image().never_unloads;
  if (pinned && !keep)
    fail(
        "is linked with -z nodelete, so that it can't be unloaded; link without it, or say \"unload\": \"keep\" in "
        "plugin.json");
}

void add(Tests& tests, std::string name, std::string what, void (*run)(Context&)) {
  tests.push_back({"static", std::move(name), std::move(what), run});
}

}  // namespace

void add_static_tests(Tests& tests) {
  add(tests, "plugin_json", "plugin.json can be read and is valid.", plugin_json);
  add(tests, "files", "The package holds the files that plugin.json lists, with their digests, and no other.", files);
  add(tests, "signature", "A package that is signed has the signature of its key over this plugin.json.", signature);
  add(tests, "library", "The library is a shared object of this machine.", library);
  add(tests, "abi", "plugin.json names an ABI that this kit speaks.", abi);
  add(tests, "exports_only_the_entry", "The library exports slipway_plugin_entry and nothing else.",
      exports_only_the_entry);
  add(tests, "no_unique_symbols", "No symbol keeps the library in memory for ever.", no_unique_symbols);
  add(tests, "no_search_path", "The library brings no RPATH or RUNPATH.", no_search_path);
  add(tests, "no_text_relocations", "Its code needs no relocation.", no_text_relocations);
  add(tests, "no_executable_stack", "It asks for no executable stack.", no_executable_stack);
  add(tests, "needs_libraries_by_name", "Libraries that it needs are named without a path.", needs_libraries_by_name);
  add(tests, "may_be_unloaded", "It is not linked to stay, unless plugin.json says so.", may_be_unloaded);
}

}  // namespace slipway::kit
