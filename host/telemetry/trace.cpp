#include "host/telemetry/trace.hpp"

#include <algorithm>

namespace slipway::telemetry {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kLength = 55;  // 00-<32>-<16>-<2>

bool hexadecimal(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kDigits.find(c) != std::string_view::npos; });
}

bool zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

std::string spell(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (auto place = text.rbegin(); place != text.rend(); ++place, value >>= 4) *place = kDigits[value & 15];
  return text;
}

std::uint64_t not_zero(base::Random& random) {
  while (true) {
    if (const auto value = random.next(); value != 0) return value;
  }
}

bool well_formed(std::string_view header) {
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') return false;
  const auto version = header.substr(0, 2);
  if (!hexadecimal(version) || version == "ff") return false;
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return false;
  return hexadecimal(header.substr(3, 32)) && hexadecimal(header.substr(36, 16)) && hexadecimal(header.substr(53, 2)) &&
         !zero(header.substr(3, 32)) && !zero(header.substr(36, 16));
}

}  // namespace

Result<Trace> parse_traceparent(std::string_view header) {
  if (!well_formed(header)) {
    return Status(Code::invalid_argument,
                  "want a traceparent like \"00-<32 hexadecimal digits>-<16 hexadecimal digits>-01\"");
  }
  const auto high = kDigits.find(header[53]);
  const auto low = kDigits.find(header[54]);
  return Trace{std::string(header.substr(3, 32)), std::string(header.substr(36, 16)),
               static_cast<std::uint8_t>(high * 16 + low)};
}

std::string to_traceparent(const Trace& trace) {
  return "00-" + trace.trace_id + "-" + trace.span_id + "-" + spell(trace.flags, 2);
}

Trace make_trace(base::Random& random) {
  return {spell(not_zero(random), 16) + spell(random.next(), 16), spell(not_zero(random), 16), 1};
}

Trace child_of(const Trace& parent, base::Random& random) {
  return {parent.trace_id, spell(not_zero(random), 16), parent.flags};
}

}  // namespace slipway::telemetry
