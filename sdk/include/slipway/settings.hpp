// Settings as people write them: values with a short form, and a request's settings over an instance's defaults.
// Plain values and functions, no thread rules.
#pragma once

#include <cmath>
#include <slipway/document.hpp>

namespace slipway {

// A share of the traffic in parts per million. In documents a percentage: "5%", "12.5%", or the number alone.
struct Share {
  std::uint32_t ppm = 0;
  auto operator<=>(const Share&) const = default;
};
constexpr Share share(std::uint32_t percent) { return {percent * 10'000}; }

// Names; one alone may be written without a list.
struct Names {
  std::vector<std::string> list;
  bool operator==(const Names&) const = default;
};

inline std::string to_string(Share value) { return share_to_string(value.ppm); }

inline Result<Share> parse_share(std::string_view text) {
  const Status fault(Code::invalid_argument,
                     "want a percentage from 0 to 100 with at most four decimals, like \"12.5%\"");
  if (!text.empty() && text.back() == '%') text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !(percent >= 0 && percent <= 100)) return fault;
  const double ppm = percent * 10'000;
  if (std::abs(ppm - std::round(ppm)) > 1e-6) return fault;
  return Share{static_cast<std::uint32_t>(std::lround(ppm))};
}

template <>
struct Codec<Share> {
  static Json write(Share value) { return to_string(value); }
  static void read(Reader& in, const Json& from, Share& to, Bounds) {
    const auto parsed = parse_share(from.is_string()   ? from.get_ref<const std::string&>()
                                    : from.is_number() ? from.dump()
                                                       : "");
    if (!parsed.ok()) return in.fault(&from, parsed.status().message);
    to = *parsed;
  }
  static Json schema(Bounds) {
    return {{"anyOf",
             {{{"type", "number"}, {"minimum", 0}, {"maximum", 100}},
              {{"type", "string"}, {"pattern", "^[0-9]+(\\.[0-9]{1,4})?%?$"}}}}};
  }
};

template <>
struct Codec<Names> {
  static Json write(const Names& value) { return value.list; }
  static void read(Reader& in, const Json& from, Names& to, Bounds bounds) {
    if (!from.is_string()) return Codec<std::vector<std::string>>::read(in, from, to.list, bounds);
    to.list = {from.get<std::string>()};
  }
  static Json schema(Bounds bounds) {
    return {{"anyOf", {Codec<std::vector<std::string>>::schema(bounds), {{"type", "string"}}}}};
  }
};

// The document in `given` merged over `defaults` (RFC 7396: objects merge, anything else replaces, null removes), or
// INVALID_ARGUMENT with every fault, unknown fields among them.
template <class Settings>
Result<Settings> settings_over(const Json& defaults, const Json& given) {
  if (!given.is_object() && !given.is_null()) return decode<Settings>(given, "the settings document", Unknown::refused);
  Json merged = defaults.is_object() ? defaults : Json::object();
  if (given.is_object()) merged.merge_patch(given);
  return decode<Settings>(merged, "the settings document", Unknown::refused);
}

// JSON Schema of an instance's defaults: "config" of plugin.json.
template <class Settings>
Json schema_of_defaults() {
  Json schema = schema_of<Settings>();
  schema.erase("required");
  schema["additionalProperties"] = false;
  return schema;
}

// The same for an instance's defaults alone, which may leave out what each request must say.
template <class Settings>
Status check_defaults(const Json& defaults) {
  Status status = decode<Settings>(defaults, "the configuration", Unknown::refused).status();
  std::erase_if(status.problems, [](const Problem& problem) { return problem.message == "is missing"; });
  return status.problems.empty() && defaults.is_object() ? Status() : status;
}

}  // namespace slipway
