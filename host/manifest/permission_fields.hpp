// Codecs of permissions. Not for use outside this folder.
#pragma once

#include <array>
#include <slipway/document.hpp>

#include "host/manifest/permissions.hpp"

namespace slipway {

template <>
struct Codec<manifest::Grant> {
  using List = std::vector<std::string>;
  static void write(Writer& out, const manifest::Grant& grant) { Codec<List>::write(out, grant.allowed); }
  static void read(Reader& in, Json& from, manifest::Grant& to, Bounds) {
    if (!from.is_boolean()) return Codec<List>::read(in, from, to.allowed, at_most(64));
    to.allowed = from.get<bool>() ? List{"*"} : List{};
  }
  static Json schema(Bounds) {
    Json names = Codec<List>::schema(at_most(64));
    names["items"].update({{"minLength", 1}, {"maxLength", 256}});
    return {{"anyOf", {{{"type", "boolean"}}, names}}, {"x-want", "true, false or a list of at most 64 texts"}};
  }
};

template <>
struct Codec<manifest::Permissions> {
  static void write(Writer& out, const manifest::Permissions& value);
  static void read(Reader& in, Json& from, manifest::Permissions& to, Bounds);
  static Json schema(Bounds);
};

}  // namespace slipway

namespace slipway::manifest {

struct NamedGrant {
  const char* name;
  Grant Permissions::*member;
  const char* doc;
};

inline constexpr std::array<NamedGrant, 7> kGrants{
    {{"network", &Permissions::network, "Hosts that it connects to."},
     {"secrets", &Permissions::secrets, "Names of the secrets that it resolves."},
     {"store", &Permissions::store, "Prefixes of the keys that it keeps in the host's store."},
     {"processes", &Permissions::processes, "Programs that it starts."},
     {"files", &Permissions::files, "Paths that it reads or writes."},
     {"bindings", &Permissions::bindings, "Bindings that it calls."},
     {"events", &Permissions::events, "Types of events that it publishes."}}};

}  // namespace slipway::manifest
