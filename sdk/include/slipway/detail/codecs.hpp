// The codecs of single values and of lists of them: write, read from a tree and from text, schema.
#pragma once

#include <algorithm>
#include <slipway/document.hpp>

namespace slipway {

namespace detail {

// "want an integer from 1 to 10"
std::string bounds_text(std::string_view what, Bounds bounds);

template <class T>
constexpr Bounds natural_bounds(Bounds bounds) {
  using L = std::numeric_limits<T>;
  constexpr std::int64_t kLow = std::is_signed_v<T> ? static_cast<std::int64_t>(L::min()) : 0;
  constexpr std::int64_t kHigh =
      sizeof(T) == 8 ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(L::max());
  return {std::max(bounds.minimum, kLow), std::min(bounds.maximum, kHigh)};
}

void put_bounds(Json& schema, Bounds bounds, const char* low, const char* high);
inline bool within(std::int64_t n, Bounds bounds) { return n >= bounds.minimum && n <= bounds.maximum; }
inline bool fits(std::size_t size, Bounds bounds) { return within(static_cast<std::int64_t>(size), bounds); }

// By way of a tree when the type's codec knows no other.
template <class T>
bool read_text(TextReader& in, T& to, Bounds bounds) {
  if constexpr (requires { Codec<T>::read(in, to, bounds); }) {
    return Codec<T>::read(in, to, bounds);
  } else {
    Json tree;
    Reader faults(in.unknown());
    if (!in.json(tree)) return false;
    Codec<T>::read(faults, tree, to, bounds);
    return faults.problems().empty();
  }
}

// The document that is all of the text, unless the reader gave up.
template <class T>
std::optional<T> value_in(TextReader in) {
  std::optional<T> value(std::in_place);
  if (!read_text(in, *value, {}) || !in.at_end()) value.reset();
  return value;
}

}  // namespace detail

template <>
struct Codec<bool> {
  static void write(Writer& out, bool value) { out.boolean(value); }
  static void read(Reader& in, Json& from, bool& to, Bounds) {
    if (!from.is_boolean()) return in.fault(&from, "want true or false");
    to = from.get<bool>();
  }
  static bool read(TextReader& in, bool& to, Bounds) { return in.boolean(to); }
  static Json schema(Bounds) { return {{"type", "boolean"}}; }
};

template <std::integral T>
struct Codec<T> {
  static void write(Writer& out, T value) {
    if constexpr (std::is_signed_v<T>) {
      out.integer(value);
    } else {
      out.natural(value);
    }
  }
  static void read(Reader& in, Json& from, T& to, Bounds bounds) {
    const Bounds allowed = detail::natural_bounds<T>(bounds);
    const bool too_big = from.is_number_unsigned() && from.get<std::uint64_t>() > std::uint64_t{INT64_MAX};
    if (!from.is_number_integer() || too_big || !detail::within(from.get<std::int64_t>(), allowed)) {
      return in.fault(&from, detail::bounds_text("an integer", allowed));
    }
    to = static_cast<T>(from.get<std::int64_t>());
  }
  static bool read(TextReader& in, T& to, Bounds bounds) {
    std::int64_t whole = 0;
    if (!in.integer(whole) || !detail::within(whole, detail::natural_bounds<T>(bounds))) return false;
    to = static_cast<T>(whole);
    return true;
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "integer"}};
    detail::put_bounds(schema, sizeof(T) == 8 && std::is_signed_v<T> ? bounds : detail::natural_bounds<T>(bounds),
                       "minimum", "maximum");
    return schema;
  }
};

template <>
struct Codec<double> {
  static void write(Writer& out, double value) { out.number(value); }
  static void read(Reader& in, Json& from, double& to, Bounds bounds) {
    if (!from.is_number() || !is_within(from.get<double>(), bounds))
      return in.fault(&from, detail::bounds_text("a number", bounds));
    to = from.get<double>();
  }
  static bool read(TextReader& in, double& to, Bounds bounds) { return in.number(to) && is_within(to, bounds); }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "number"}};
    detail::put_bounds(schema, bounds, "minimum", "maximum");
    return schema;
  }

 private:
  static bool is_within(double n, Bounds bounds) {
    return n >= static_cast<double>(bounds.minimum) && n <= static_cast<double>(bounds.maximum);
  }
};

template <>
struct Codec<std::string> {
  static void write(Writer& out, const std::string& value) { out.text(value); }
  static void read(Reader& in, Json& from, std::string& to, Bounds bounds) {
    if (!from.is_string()) return in.fault(&from, "want a text");
    auto& text = from.get_ref<std::string&>();
    if (!detail::fits(text.size(), bounds)) {
      return in.fault(&from, detail::bounds_text("a text with a number of bytes", bounds));
    }
    to = std::move(text);
  }
  static bool read(TextReader& in, std::string& to, Bounds bounds) {
    return in.text(to) && detail::fits(to.size(), bounds);
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "string"}};
    detail::put_bounds(schema, bounds, "minLength", "maxLength");
    return schema;
  }
};

template <>
struct Codec<Json> {
  static void write(Writer& out, const Json& value) { out.json(value); }
  static void read(Reader&, Json& from, Json& to, Bounds) { to = std::move(from); }
  static bool read(TextReader& in, Json& to, Bounds) { return in.json(to); }
  static Json schema(Bounds) { return Json::object(); }
};

template <>
struct Codec<JsonText> {
  static void write(Writer& out, const JsonText& value) {
    if (value.is_null()) return out.null();
    out.json_text(value.text);
  }
  static void read(Reader&, Json& from, JsonText& to, Bounds) { to = json_text(from); }
  static bool read(TextReader& in, JsonText& to, Bounds) {
    std::string_view text;
    const bool is_read = in.null() || in.json_text(text);
    if (is_read) to.text = text;
    return is_read;
  }
  static Json schema(Bounds) { return Json::object(); }
};

namespace detail {

// Values with a text form.
template <class T, Result<T> (*parse)(std::string_view)>
struct TextCodec {
  static void write(Writer& out, const T& value) { out.text(to_string(value)); }
  static void read(Reader& in, Json& from, T& to, Bounds) {
    auto parsed = parse(from.is_string() ? std::string_view(from.get_ref<const std::string&>()) : std::string_view());
    if (!parsed.ok()) return in.fault(&from, parsed.status().message);
    to = *parsed;
  }
  static bool read(TextReader& in, T& to, Bounds) {
    std::string_view text;
    if (!in.word(text)) return false;
    const auto parsed = parse(text);
    if (parsed.ok()) to = *parsed;
    return parsed.ok();
  }
};

}  // namespace detail

template <>
struct Codec<Duration> : detail::TextCodec<Duration, parse_duration> {
  static Json schema(Bounds) {
    return {{"type", "string"}, {"pattern", "^(0|([0-9]+(h|ms|m|s|us|ns))+)$"}, {"examples", {"30s", "1m30s"}}};
  }
};

template <>
struct Codec<Instant> : detail::TextCodec<Instant, parse_instant> {
  static void write(Writer& out, Instant instant) { out.text(text_of(instant).view()); }
  static Json schema(Bounds) { return {{"type", "string"}, {"format", "date-time"}}; }
};

template <>
struct Codec<Count> {
  static void write(Writer& out, const Count& count) {
    if (count.unit == Count::Unit::percent) return out.text(to_string(count));
    out.natural(count.value);
  }
  static void read(Reader& in, Json& from, Count& to, Bounds) {
    auto parsed = parse_count(from.is_string()            ? from.get_ref<const std::string&>()
                              : from.is_number_unsigned() ? from.dump()
                                                          : "");
    if (!parsed.ok()) return in.fault(&from, parsed.status().message);
    to = *parsed;
  }
  static bool read(TextReader& in, Count& to, Bounds) {
    std::string_view text;
    if (!(in.comes('"') ? in.word(text) : in.natural(text))) return false;
    const auto parsed = parse_count(text);
    if (parsed.ok()) to = *parsed;
    return parsed.ok();
  }
  static Json schema(Bounds) {
    return {{"anyOf",
             {{{"type", "integer"}, {"minimum", 0}, {"maximum", 1'000'000}},
              {{"type", "string"}, {"pattern", "^[0-9]+%?$"}}}}};
  }
};

template <NamedEnum E>
struct Codec<E> {
  static void write(Writer& out, E value) { out.text(to_name(value)); }
  static void read(Reader& in, Json& from, E& to, Bounds) {
    const auto found = from.is_string() ? enum_from<E>(from.get_ref<const std::string&>()) : std::nullopt;
    if (!found) return in.fault(&from, "want one of " + choices());
    to = *found;
  }
  static bool read(TextReader& in, E& to, Bounds) {
    std::string_view name;
    const auto found = in.word(name) ? enum_from<E>(name) : std::nullopt;
    if (found) to = *found;
    return found.has_value();
  }
  static Json schema(Bounds) {
    Json names = Json::array();
    for (const auto& entry : enum_names(E{})) names.push_back(std::string(entry.second));
    return {{"type", "string"}, {"enum", names}};
  }

 private:
  static std::string choices() {
    std::string text;
    for (const auto& entry : enum_names(E{})) text += (text.empty() ? "" : ", ") + std::string(entry.second);
    return text;
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static void write(Writer& out, const std::optional<T>& value) {
    if (!value) return out.null();
    Codec<T>::write(out, *value);
  }
  static void read(Reader& in, Json& from, std::optional<T>& to, Bounds bounds) {
    if (from.is_null()) return to.reset();
    Codec<T>::read(in, from, to.emplace(), bounds);
  }
  static bool read(TextReader& in, std::optional<T>& to, Bounds bounds) {
    if (!in.null()) return detail::read_text(in, to.emplace(), bounds);
    to.reset();
    return true;
  }
  static Json schema(Bounds bounds) { return Codec<T>::schema(bounds); }
};

template <class T>
struct Codec<std::vector<T>> {
  static void write(Writer& out, const std::vector<T>& list) {
    out.begin_array();
    for (const T& item : list) Codec<T>::write(out, item);
    out.end_array();
  }
  static void read(Reader& in, Json& from, std::vector<T>& to, Bounds bounds) {
    if (!from.is_array()) return in.fault(&from, "want a list");
    if (!detail::fits(from.size(), bounds)) {
      return in.fault(nullptr, detail::bounds_text("a list with a number of entries", bounds));
    }
    to.clear();
    to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::string index = std::to_string(i);
      in.enter(index);
      Codec<T>::read(in, from[i], to[i], {});
      in.leave();
    }
  }
  static bool read(TextReader& in, std::vector<T>& to, Bounds bounds) {
    to.clear();
    if (!in.begin_array()) return false;
    auto next = in.entry();
    for (; next == TextReader::Next::entry; next = in.entry()) {
      if (!detail::read_text(in, to.emplace_back(), {})) return false;
    }
    return next == TextReader::Next::end && detail::fits(to.size(), bounds);
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "array"}, {"items", Codec<T>::schema({})}};
    detail::put_bounds(schema, bounds, "minItems", "maxItems");
    return schema;
  }
};

template <class T>
struct Codec<std::map<std::string, T>> {
  static void write(Writer& out, const std::map<std::string, T>& map) {
    out.begin_object();
    for (const auto& [key, value] : map) {
      out.key(key);
      Codec<T>::write(out, value);
    }
    out.end_object();
  }
  static void read(Reader& in, Json& from, std::map<std::string, T>& to, Bounds bounds) {
    if (!from.is_object()) return in.fault(&from, "want an object");
    if (!detail::fits(from.size(), bounds)) {
      return in.fault(nullptr, detail::bounds_text("an object with a number of fields", bounds));
    }
    to.clear();
    for (auto& [key, value] : from.get_ref<Json::object_t&>()) {
      in.enter(key);
      Codec<T>::read(in, value, to[key], {});
      in.leave();
    }
  }
  static bool read(TextReader& in, std::map<std::string, T>& to, Bounds bounds) {
    to.clear();
    if (!in.begin_object()) return false;
    std::string_view name;
    auto next = in.key(name);
    for (; next == TextReader::Next::entry; next = in.key(name)) {
      const auto [place, is_new] = to.try_emplace(std::string(name));
      if (!is_new || !detail::read_text(in, place->second, {})) return false;
    }
    return next == TextReader::Next::end && detail::fits(to.size(), bounds);
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "object"}, {"additionalProperties", Codec<T>::schema({})}};
    detail::put_bounds(schema, bounds, "minProperties", "maxProperties");
    return schema;
  }
};

}  // namespace slipway
