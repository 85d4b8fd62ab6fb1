// The checks that a package passes on its way into the process, one function each, in the order of their declaration.
// Each relies on those before it. Internal to the loader.
#pragma once

#include <map>
#include <optional>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/loader/loader.hpp"

namespace slipway::loader {

// What the checks of one package hand on to one another.
struct Inspection {
  const LoaderSettings& settings;
  const ContentStore& store;
  const SignaturePolicy& signatures;
  Installed package;

  std::vector<PackageFile> files;
  std::string manifest_text;
  std::map<std::string, StoredFile> stored;  // by path inside the package
  Signer signer;
  ElfImage image;
};

// Every file of the package, opened without following links, within the caps.
Status open_files(Inspection& it);
// plugin.json again, from the files now held open; it must still be the id and version that were asked for.
Status read_manifest(Inspection& it);
// The files listed are the files present.
Status match_listing(Inspection& it);
// Private copies: from here on it does not matter what happens to the package.
Status store_files(Inspection& it);
// The bytes in the store are those that plugin.json names.
Status match_digests(Inspection& it);
// The publisher; see SignaturePolicy.
Status check_signature(Inspection& it);
// The library, as the linker will see it.
Status read_library(Inspection& it);
// The ABI that plugin.json asks for.
Status match_abi(Inspection& it);

// The first contact with a library. Internal to the loader.
struct Contact {
  const LoaderSettings& settings;
  const VerifiedPackage& verified;

  std::optional<Mapping> mapping;
  slipway_plugin_entry_fn entry = nullptr;
  const slipway_plugin* table = nullptr;
};

// A library that is in the process already would be handed out again instead of the file that was verified.
Status refuse_resident(Contact& it);
// The copy in the store is still the file that was hashed.
Status match_stored_copy(Contact& it);
Status map_stored_copy(Contact& it);
// What was mapped is the verified file.
Status match_mapped_file(Contact& it);
Status call_entry(Contact& it);
// The table is of this ABI and complete.
Status check_table(Contact& it);

// The table provides what plugin.json says. Also for a library that another package brought into the process.
Status match_interfaces(const slipway_plugin& table, const manifest::PluginManifest& manifest);

}  // namespace slipway::loader
