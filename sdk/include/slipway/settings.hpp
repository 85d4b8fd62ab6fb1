// Settings as people write them: values with a short form, and a request's settings over an instance's defaults.
// Plain values and functions, no thread rules.
#pragma once

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

Result<Share> parse_share(std::string_view text);

template <>
struct Codec<Share> {
  static void write(Writer& out, Share value) { out.text(to_string(value)); }
  static void read(Reader& in, Json& from, Share& to, Bounds) {
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
  static void write(Writer& out, const Names& value) { Codec<std::vector<std::string>>::write(out, value.list); }
  static void read(Reader& in, Json& from, Names& to, Bounds bounds) {
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
  return decode<Settings>(std::move(merged), "the settings document", Unknown::refused);
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
