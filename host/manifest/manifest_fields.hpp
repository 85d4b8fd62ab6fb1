// Codecs of versions and ranges, and the fields of plugin.json. Not for use outside this folder.
#pragma once

#include <charconv>
#include <slipway/document.hpp>

#include "host/manifest/permission_fields.hpp"
#include "host/manifest/plugin_manifest.hpp"

namespace slipway {

template <>
struct Codec<base::Version> : detail::TextCodec<base::Version, base::parse_version> {
  static void write(Writer& out, const base::Version& version) { out.text(base::to_string(version)); }
  static Json schema(Bounds) { return {{"type", "string"}, {"x-want", "a version like \"1.4.0\" or \"2.0.0-rc.1\""}}; }
};

template <>
struct Codec<base::VersionRange> : detail::TextCodec<base::VersionRange, base::parse_range> {
  static void write(Writer& out, const base::VersionRange& range) { out.text(range.text()); }
  static Json schema(Bounds) {
    return {{"type", "string"}, {"x-want", "a version range like \"^1.2\", \"~1.2\", \">=1 <2\", \"1.4.0\" or \"*\""}};
  }
};

template <>
struct Codec<manifest::AbiVersion> {
  static void write(Writer& out, const manifest::AbiVersion& version) { out.text(to_string(version)); }
  static void read(Reader& in, Json& from, manifest::AbiVersion& to, Bounds) {
    const std::string text = from.is_string() ? from.get<std::string>() : "";
    const char* const end = text.data() + text.size();
    const auto major = std::from_chars(text.data(), end, to.major_number);
    if (major.ec == std::errc{} && major.ptr != end && *major.ptr == '.') {
      const auto minor = std::from_chars(major.ptr + 1, end, to.minor_number);
      if (minor.ec == std::errc{} && minor.ptr == end) return;
    }
    in.fault(&from, "want two numbers like \"1.0\"");
  }
  static Json schema(Bounds) {
    return {{"type", "string"}, {"pattern", "^[0-9]{1,9}\\.[0-9]{1,9}$"}, {"x-want", "two numbers like \"1.0\""}};
  }
};

}  // namespace slipway

namespace slipway::manifest {

constexpr auto enum_names(Threading) {
  return std::array<EnumName<Threading>, 3>{
      {{Threading::serial, "serial"}, {Threading::concurrent, "concurrent"}, {Threading::blocking, "blocking"}}};
}

constexpr auto enum_names(StateKind) {
  return std::array<EnumName<StateKind>, 3>{
      {{StateKind::stateless, "stateless"}, {StateKind::external, "external"}, {StateKind::snapshot, "snapshot"}}};
}

constexpr auto enum_names(Unload) {
  return std::array<EnumName<Unload>, 2>{{{Unload::unload, "unload"}, {Unload::keep, "keep"}}};
}

constexpr auto AbiRange::fields() {
  return slipway::fields(required("min", &AbiRange::min, "Oldest ABI of a host that it works with."),
                         required("max", &AbiRange::max, "ABI that it was built against."));
}

constexpr auto StateSchema::fields() {
  return slipway::fields(
      field("kind", &StateSchema::kind, "stateless: none. external: in the store. snapshot: handed over on a swap."),
      field("reads", &StateSchema::reads, "Versions of the state's schema that it can read.", at_most(64)),
      field("writes", &StateSchema::writes, "The version that it writes.", between(0, 1'000'000)));
}

constexpr auto PluginManifest::fields() {
  using M = PluginManifest;
  return slipway::fields(
      required("id", &M::id, "Unique name; of a third party \"vendor.name\"."),
      required("version", &M::version, "Version of the plugin (Semantic Versioning)."),
      field("description", &M::description, "What it does, in one sentence.", at_most(1'000)),
      required("abi", &M::abi, "Versions of the plugin ABI that it works with."),
      required("library", &M::library, "File name of the shared library in the package."),
      required("interfaces", &M::interfaces, "Ids of the interfaces that it provides.", between(1, 32)),
      field("threading", &M::threading,
            "serial: calls of an instance never overlap. concurrent: they may. blocking: they may block, on threads of "
            "their own."),
      field("permissions", &M::permissions, "What it asks to be allowed."),
      field("config", &M::config_schema, "JSON Schema (draft 7) of an instance's configuration."),
      field("state", &M::state, "What becomes of its state on a swap."),
      field("unload", &M::unload, "unload: its library is unloaded when no longer needed. keep: it stays."),
      field("requires", &M::needs, "Other plugins that must be there, with the versions that will do.", at_most(64)),
      field("files", &M::files,
            "SHA-256 of every file of the package but plugin.json and plugin.sig; the build fills it in.",
            at_most(1'024)));
}

}  // namespace slipway::manifest
