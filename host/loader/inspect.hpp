// Everything that can be known of a package without running any of it. For tools; the host itself uses Loader::verify.
#pragma once

#include <cstdint>
#include <filesystem>
#include <slipway/document.hpp>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/loader/package.hpp"
#include "host/loader/package_folder.hpp"
#include "host/loader/trust.hpp"

namespace slipway::loader {

struct InspectedFile {
  std::string path;
  std::uint64_t size = 0;
  std::string sha256;
  std::string state;  // "as listed", "changed", "missing", "not listed"; "not for listing": plugin.json and plugin.sig
  static constexpr auto fields() {
    return slipway::fields(required("path", &InspectedFile::path, "Inside the package."),
                           field("size", &InspectedFile::size, "In bytes."),
                           field("sha256", &InspectedFile::sha256, "Of what is there."),
                           required("state", &InspectedFile::state, "Against plugin.json."));
  }
};

struct InspectedLibrary {
  std::string file;
  std::vector<std::string> exports;
  std::vector<std::string> unique;
  std::vector<std::string> needed;
  std::string rpath;
  static constexpr auto fields() {
    using L = InspectedLibrary;
    return slipway::fields(required("file", &L::file, "Inside the package."),
                           field("exports", &L::exports, "Symbols that others can bind to."),
                           field("unique", &L::unique, "Of those, the ones that keep the library in memory for ever."),
                           field("needed", &L::needed, "Libraries that the linker looks for."),
                           field("rpath", &L::rpath, "Where it would look for them."));
  }
};

struct InspectedSignature {
  std::string state;  // trusted, refused, missing
  std::string key;    // id
  std::string name;   // what the policy calls the key
  static constexpr auto fields() {
    using S = InspectedSignature;
    return slipway::fields(required("state", &S::state, "trusted, refused or missing."),
                           field("key", &S::key, "Id of the key that signed."),
                           field("name", &S::name, "What the site calls the key."));
  }
};

struct PackageReport {
  std::string folder;
  std::string id;
  std::string version;
  std::string description;
  std::string abi;
  std::vector<std::string> interfaces;
  std::string threading;
  Json permissions = Json::object();
  std::vector<InspectedFile> files;
  InspectedLibrary library;
  InspectedSignature signature;
  std::vector<std::string> faults;  // why a host would refuse it, all of them
  static constexpr auto fields() {
    using P = PackageReport;
    return slipway::fields(required("folder", &P::folder, "Where it lies."), field("id", &P::id, "The plugin's id."),
                           field("version", &P::version, "Its version."),
                           field("description", &P::description, "What it does."),
                           field("abi", &P::abi, "ABI range that it works with."),
                           field("interfaces", &P::interfaces, "What it provides."),
                           field("threading", &P::threading, "serial, concurrent or blocking."),
                           field("permissions", &P::permissions, "What it asks to be allowed."),
                           field("files", &P::files, "Every file that is there or listed."),
                           field("library", &P::library, "The library, as the linker would see it."),
                           field("signature", &P::signature, "Who vouches for it."),
                           field("faults", &P::faults, "Why a host would refuse it."));
  }
};

// The package in a folder of any name. What is wrong is in the report; the status fails only where there is nothing to
// report on: no folder, links in it, no plugin.json. Blocks on the disk.
Result<PackageReport> inspect_package(const std::filesystem::path& folder, const SignaturePolicy& policy,
                                      const PackageLimits& limits = {});

// The package in a folder of any name, as the catalog would know it.
Result<Installed> installed_at(const std::filesystem::path& folder);

}  // namespace slipway::loader
