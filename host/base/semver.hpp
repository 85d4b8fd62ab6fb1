// Versions and version ranges (Semantic Versioning 2.0.0; ranges as npm writes them). Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::base {

struct Version {
  std::uint32_t major_number = 0;
  std::uint32_t minor_number = 0;
  std::uint32_t patch_number = 0;
  std::string prerelease;  // "rc.1", without the dash
  std::string build;       // "5f3a", without the plus; takes no part in comparisons
};

// Precedence by section 11: numbers first, a prerelease before its release, build ignored.
std::weak_ordering operator<=>(const Version& a, const Version& b);
bool operator==(const Version& a, const Version& b);

std::string to_string(const Version& version);

// INVALID_ARGUMENT for anything but three numbers, an optional prerelease and optional build; at most 128 bytes.
Result<Version> parse_version(std::string_view text);

// Which versions will do. Forms: "1.2.3" (exactly), "1.2" and "1.x" (any 1.2, any 1), "^1.2", "~1.2", ">=1 <2" (all of
// them), "1 || 3" (one of them), "*". A prerelease is inside only when a bound names a prerelease of the same three
// numbers, so that "^1.2" never picks 1.3.0-rc.1.
class VersionRange {
 public:
  [[nodiscard]] bool contains(const Version& version) const;
  // As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }
  bool operator==(const VersionRange& other) const { return text_ == other.text_; }

 private:
  friend Result<VersionRange> parse_range(std::string_view text);
  enum class Relation { less, at_most, at_least, greater, equal };
  struct Bound {
    Relation relation;
    Version version;
  };
  using All = std::vector<Bound>;

  static Status add_word(std::string_view word, All& bounds);
  static bool holds(const Bound& bound, const Version& version);
  static bool holds(const All& bounds, const Version& version);

  std::vector<All> any_;
  std::string text_;
};

// INVALID_ARGUMENT with the forms that are allowed; at most 256 bytes.
Result<VersionRange> parse_range(std::string_view text);

}  // namespace slipway::base
