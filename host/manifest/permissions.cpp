#include "host/manifest/permissions.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "host/manifest/permission_fields.hpp"

namespace slipway {

using manifest::kGrants;
using manifest::NamedGrant;
using manifest::Permissions;

void Codec<Permissions>::write(Writer& out, const Permissions& value) {
  out.begin_object();
  for (const NamedGrant& grant : kGrants) {
    out.key(grant.name);
    Codec<manifest::Grant>::write(out, value.*grant.member);
  }
  out.end_object();
}

void Codec<Permissions>::read(Reader& in, Json& from, Permissions& to, Bounds) {
  if (!from.is_object() && !from.is_array()) return in.fault(&from, "want an object or a list of names");
  for (const NamedGrant& grant : kGrants) {
    if (from.is_array()) {
      const bool listed = std::ranges::find(from, Json(grant.name)) != from.end();
      (to.*grant.member).allowed = listed ? std::vector<std::string>{"*"} : std::vector<std::string>{};
    } else if (const auto found = from.find(grant.name); found != from.end()) {
      in.inside(grant.name, [&] { Codec<manifest::Grant>::read(in, *found, to.*grant.member, {}); });
    }
  }
}

Json Codec<Permissions>::schema(Bounds) {
  Json properties = Json::object();
  Json names = Json::array();
  for (const NamedGrant& grant : kGrants) {
    properties[grant.name] = Codec<manifest::Grant>::schema({});
    properties[grant.name]["description"] = grant.doc;
    names.push_back(grant.name);
  }
  return {{"type", {"object", "array"}},
          {"properties", properties},
          {"additionalProperties", false},
          {"items", {{"type", "string"}, {"enum", names}}}};
}

}  // namespace slipway

namespace slipway::manifest {
namespace {

// Greedy with one point to return to: linear in practice, never exponential.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

// The grant with what its names stand for beyond themselves: a prefix for all that begins with it, a path for all that
// lies beneath it.
Grant spread(const Permissions& permissions, Grant Permissions::*member) {
  Grant grant = permissions.*member;
  for (std::size_t i = (permissions.*member).allowed.size(); i-- > 0;) {
    const std::string name = grant.allowed[i];
    if (member == &Permissions::store) grant.allowed.push_back(name + "*");
    if (member == &Permissions::files) grant.allowed.push_back(name + (name.ends_with('/') ? "*" : "/*"));
  }
  return grant;
}

std::vector<std::string> names_beyond(const Permissions& a, const Permissions& b, Grant Permissions::*member) {
  const Grant granted = spread(b, member);
  const bool paths = member == &Permissions::files;
  std::vector<std::string> names;
  std::ranges::copy_if((a.*member).allowed, std::back_inserter(names), [&](const std::string& name) {
    return !covers(granted, paths ? std::filesystem::path(name).lexically_normal().string() : name);
  });
  return names;
}

}  // namespace

bool covers(const Grant& grant, std::string_view name) {
  return std::ranges::any_of(grant.allowed, [&](const std::string& pattern) { return matches(pattern, name); });
}

Json document_of(const Permissions& permissions) { return encode(permissions); }

Result<Permissions> permissions_of(const Json& document) {
  Reader reader(Unknown::refused);
  Permissions permissions;
  Json copy = document;
  Codec<Permissions>::read(reader, copy, permissions, {});
  Problems problems = reader.problems();
  std::string names;
  for (const NamedGrant& grant : kGrants) names += (names.empty() ? "" : ", ") + std::string(grant.name);
  for (const auto& [key, value] : document.items()) {
    const std::string name = document.is_array() && value.is_string() ? value.get<std::string>() : key;
    if (std::ranges::find(kGrants, name, &NamedGrant::name) == kGrants.end())
      problems.push_back({"/" + key, "\"" + name + "\"", "is no permission; want one of " + names});
  }
  if (problems.empty()) return permissions;
  return Status(Code::invalid_argument, "these are no permissions", std::move(problems));
}

std::string missing(const Permissions& wanted, const Permissions& granted) {
  std::string text;
  for (const NamedGrant& grant : kGrants) {
    std::string names;
    for (const std::string& name : names_beyond(wanted, granted, grant.member))
      names += (names.empty() ? "" : ", ") + name;
    if (!names.empty()) text += (text.empty() ? "" : ", ") + std::string(grant.name) + " (" + names + ")";
  }
  return text;
}

std::vector<std::string> beyond(const Permissions& a, const Permissions& b) {
  std::vector<std::string> words;
  for (const NamedGrant& grant : kGrants) {
    for (const std::string& name : names_beyond(a, b, grant.member))
      words.push_back(std::string(grant.name) + " " + name);
  }
  return words;
}

}  // namespace slipway::manifest
