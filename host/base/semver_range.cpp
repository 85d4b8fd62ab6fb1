#include <charconv>

#include "host/base/semver.hpp"

namespace slipway::base {
namespace {

const Status& range_fault() {
  static const Status fault(Code::invalid_argument,
                            "want a version range like \"^1.2\", \"~1.2\", \">=1 <2\", \"1.4.0\" or \"*\"");
  return fault;
}

// A version of which the last numbers may be missing or an x: parts says how many are there.
struct Partial {
  Version version;
  int parts = 0;
};

Result<Partial> parse_partial(std::string_view text) {
  if (text == "*" || text == "x") return Partial{};
  if (auto full = parse_version(text)) return Partial{*full, 3};
  Partial partial;
  std::uint32_t* const numbers[] = {&partial.version.major_number, &partial.version.minor_number};
  while (true) {
    const auto part = text.substr(0, text.find('.'));
    const bool wild = part == "*" || part == "x";
    if (wild) return part.size() == text.size() && partial.parts > 0 ? Result<Partial>(partial) : range_fault();
    if (partial.parts == 2 || part.empty() || (part.size() > 1 && part.front() == '0')) return range_fault();
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *numbers[partial.parts]);
    if (error != std::errc{} || end != part.data() + part.size() || *numbers[partial.parts] > 1'000'000'000) {
      return range_fault();
    }
    ++partial.parts;
    if (part.size() == text.size()) return partial;
    text.remove_prefix(part.size() + 1);
  }
}

// The first version after all that begin with the first `parts` numbers. Its prerelease "0" is the least of all, so
// that prereleases of that version stay outside too.
Version after(const Version& version, int parts) {
  if (parts == 1) return {version.major_number + 1, 0, 0, "0", ""};
  if (parts == 2) return {version.major_number, version.minor_number + 1, 0, "0", ""};
  return {version.major_number, version.minor_number, version.patch_number + 1, "0", ""};
}

// How many numbers "^" holds fast: up to the first that is not zero.
int caret_parts(const Partial& partial) {
  if (partial.version.major_number != 0 || partial.parts < 2) return 1;
  if (partial.version.minor_number != 0 || partial.parts < 3) return 2;
  return 3;
}

std::string_view take_operator(std::string_view& word) {
  for (const std::string_view sign : {">=", "<=", ">", "<", "=", "^", "~"}) {
    if (!word.starts_with(sign)) continue;
    word.remove_prefix(sign.size());
    return sign;
  }
  return "";
}

}  // namespace

Status VersionRange::add_word(std::string_view word, All& bounds) {
  const std::string_view sign = take_operator(word);
  const auto partial = parse_partial(word);
  if (!partial) return partial.status();
  const Version& version = partial->version;
  const int parts = partial->parts;
  if (parts == 0) return sign.empty() ? Status() : range_fault();

  const auto between = [&](int fixed) {
    bounds.push_back({Relation::at_least, version});
    bounds.push_back({Relation::less, after(version, fixed)});
  };
  if (sign == "^") between(caret_parts(*partial));
  if (sign == "~") between(parts == 1 ? 1 : 2);
  if (sign.empty() || sign == "=") parts == 3 ? bounds.push_back({Relation::equal, version}) : between(parts);
  if (sign == ">=") bounds.push_back({Relation::at_least, version});
  if (sign == "<") bounds.push_back({Relation::less, version});
  if (sign == ">")
    bounds.push_back(parts == 3 ? Bound{Relation::greater, version} : Bound{Relation::at_least, after(version, parts)});
  if (sign == "<=")
    bounds.push_back(parts == 3 ? Bound{Relation::at_most, version} : Bound{Relation::less, after(version, parts)});
  return {};
}

bool VersionRange::holds(const Bound& bound, const Version& version) {
  switch (bound.relation) {
    case Relation::less:
      return version < bound.version;
    case Relation::at_most:
      return version <= bound.version;
    case Relation::at_least:
      return version >= bound.version;
    case Relation::greater:
      return version > bound.version;
    case Relation::equal:
      return version == bound.version;
  }
  return false;
}

bool VersionRange::holds(const All& bounds, const Version& version) {
  bool prerelease_named = version.prerelease.empty();
  for (const Bound& bound : bounds) {
    if (!holds(bound, version)) return false;
    // Below "-0" lies the open end of a range, which names no prerelease of its own.
    const bool open_end = bound.relation == Relation::less && bound.version.prerelease == "0";
    prerelease_named |=
        !bound.version.prerelease.empty() && !open_end && bound.version.major_number == version.major_number &&
        bound.version.minor_number == version.minor_number && bound.version.patch_number == version.patch_number;
  }
  return prerelease_named;
}

bool VersionRange::contains(const Version& version) const {
  for (const All& bounds : any_) {
    if (holds(bounds, version)) return true;
  }
  return false;
}

Result<VersionRange> parse_range(std::string_view text) {
  if (text.empty() || text.size() > 256) return range_fault();
  VersionRange range;
  range.text_ = text;
  range.any_.emplace_back();
  bool wants_word = true;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) continue;
    if (word == "||") {
      if (wants_word) return range_fault();
      range.any_.emplace_back();
      wants_word = true;
      continue;
    }
    if (const auto status = VersionRange::add_word(word, range.any_.back()); !status.ok()) return status;
    wants_word = false;
  }
  if (wants_word) return range_fault();
  return range;
}

}  // namespace slipway::base
