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

std::string plain_path(const std::string& path) {
  std::string plain = std::filesystem::path(path).lexically_normal().string();
  if (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

// A path stands for itself alone: one beneath it may be a socket, and naming that gives a worker every other one.
bool covers_path(const Grant& granted, const std::string& path) {
  return std::ranges::any_of(granted.allowed, [plain = plain_path(path)](const std::string& one) {
    return one == "*" || plain_path(one) == plain;
  });
}

bool covers_prefix(const Grant& granted, const std::string& prefix) {
  return std::ranges::any_of(
      granted.allowed, [&](const std::string& one) { return matches(one, prefix) || matches(one + "*", prefix); });
}

bool covers_as(Grant Permissions::*member, const Grant& granted, const std::string& name) {
  if (member == &Permissions::files) return covers_path(granted, name);
  if (member == &Permissions::store) return covers_prefix(granted, name);
  return covers(granted, name);
}

std::vector<std::string> names_beyond(const Permissions& a, const Permissions& b, Grant Permissions::*member) {
  std::vector<std::string> names;
  std::ranges::copy_if((a.*member).allowed, std::back_inserter(names),
                       [&](const std::string& name) { return !covers_as(member, b.*member, name); });
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

Permissions in_both(const Permissions& a, const Permissions& b) {
  Permissions both;
  for (const NamedGrant& grant : kGrants) {
    Grant& to = both.*grant.member;
    const auto add = [&](const Grant& names, const Grant& covering) {
      for (const std::string& name : names.allowed) {
        if (covers_as(grant.member, covering, name) && !covers_as(grant.member, to, name)) to.allowed.push_back(name);
      }
    };
    add(a.*grant.member, b.*grant.member);
    add(b.*grant.member, a.*grant.member);
  }
  return both;
}

}  // namespace slipway::manifest
