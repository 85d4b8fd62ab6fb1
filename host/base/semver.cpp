#include "host/base/semver.hpp"

#include <algorithm>
#include <charconv>

namespace slipway::base {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view take_until(std::string_view& text, char end) {
  const auto at = text.find(end);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return part;
}

std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_number = all_digits(a);
  const bool b_number = all_digits(b);
  if (a_number != b_number) return a_number ? std::weak_ordering::less : std::weak_ordering::greater;
  // Numbers carry no leading zeros, so the longer one is the greater.
  if (a_number && a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::weak_ordering compare_prereleases(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty())
    return b.size() == 0 && a.size() == 0 ? std::weak_ordering::equivalent : a.empty() <=> b.empty();
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(take_until(a, '.'), take_until(b, '.'));
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

bool take_number(std::string_view& text, std::uint32_t& number) {
  const auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  text.remove_prefix(digits.size());
  return error == std::errc{} && number <= 1'000'000'000;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

bool identifier_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

enum class Zeros { allowed, refused };

bool dotted_identifiers(std::string_view text, Zeros zeros) {
  if (text.empty() || text.back() == '.') return false;
  while (!text.empty()) {
    const auto part = take_until(text, '.');
    if (part.empty() || !std::ranges::all_of(part, identifier_char)) return false;
    if (zeros == Zeros::refused && part.size() > 1 && part.front() == '0' && all_digits(part)) return false;
  }
  return true;
}

bool take_suffixes(std::string_view text, Version& version) {
  if (const auto plus = text.find('+'); plus != text.npos) {
    version.build = text.substr(plus + 1);
    if (!dotted_identifiers(version.build, Zeros::allowed)) return false;
    text = text.substr(0, plus);
  }
  if (text.empty()) return true;
  if (text.front() != '-') return false;
  version.prerelease = text.substr(1);
  return dotted_identifiers(version.prerelease, Zeros::refused);
}

}  // namespace

std::weak_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.major_number <=> b.major_number; order != 0) return order;
  if (const auto order = a.minor_number <=> b.minor_number; order != 0) return order;
  if (const auto order = a.patch_number <=> b.patch_number; order != 0) return order;
  return compare_prereleases(a.prerelease, b.prerelease);
}

bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

std::string to_string(const Version& version) {
  std::string text = std::to_string(version.major_number) + "." + std::to_string(version.minor_number) + "." +
                     std::to_string(version.patch_number);
  if (!version.prerelease.empty()) text += "-" + version.prerelease;
  if (!version.build.empty()) text += "+" + version.build;
  return text;
}

Result<Version> parse_version(std::string_view text) {
  Version version;
  std::string_view rest = text;
  if (text.size() <= 128 && take_number(rest, version.major_number) && take_dot(rest) &&
      take_number(rest, version.minor_number) && take_dot(rest) && take_number(rest, version.patch_number) &&
      take_suffixes(rest, version)) {
    return version;
  }
  return Status(Code::invalid_argument, "want a version like \"1.4.0\" or \"2.0.0-rc.1\"");
}

}  // namespace slipway::base
