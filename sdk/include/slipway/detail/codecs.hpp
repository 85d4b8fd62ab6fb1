// The codecs of the field types that <slipway/document.hpp> lists: write, read, schema.
#pragma once

#include <slipway/document.hpp>

namespace slipway {

namespace detail {

inline std::string bounds_text(std::string_view what, Bounds bounds) {
  const bool low = bounds.minimum != Bounds{}.minimum;
  const bool high = bounds.maximum != Bounds{}.maximum;
  std::string text = "want " + std::string(what);
  if (low && high) return text + " from " + std::to_string(bounds.minimum) + " to " + std::to_string(bounds.maximum);
  if (low) return text + " of at least " + std::to_string(bounds.minimum);
  if (high) return text + " of at most " + std::to_string(bounds.maximum);
  return text;
}

template <class T>
constexpr Bounds natural_bounds(Bounds bounds) {
  using L = std::numeric_limits<T>;
  constexpr std::int64_t low = std::is_signed_v<T> ? static_cast<std::int64_t>(L::min()) : 0;
  constexpr std::int64_t high =
      sizeof(T) == 8 ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(L::max());
  return {std::max(bounds.minimum, low), std::min(bounds.maximum, high)};
}

inline void put_bounds(Json& schema, Bounds bounds, const char* low, const char* high) {
  if (bounds.minimum != Bounds{}.minimum) schema[low] = bounds.minimum;
  if (bounds.maximum != Bounds{}.maximum) schema[high] = bounds.maximum;
}

inline bool within(std::int64_t n, Bounds bounds) { return n >= bounds.minimum && n <= bounds.maximum; }

}  // namespace detail

template <>
struct Codec<bool> {
  static Json write(bool value) { return value; }
  static void read(Reader& in, const Json& from, bool& to, Bounds) {
    if (!from.is_boolean()) return in.fault(&from, "want true or false");
    to = from.get<bool>();
  }
  static Json schema(Bounds) { return {{"type", "boolean"}}; }
};

template <std::integral T>
struct Codec<T> {
  static Json write(T value) { return value; }
  static void read(Reader& in, const Json& from, T& to, Bounds bounds) {
    const Bounds allowed = detail::natural_bounds<T>(bounds);
    const bool too_big = from.is_number_unsigned() && from.get<std::uint64_t>() > std::uint64_t{INT64_MAX};
    if (!from.is_number_integer() || too_big || !detail::within(from.get<std::int64_t>(), allowed)) {
      return in.fault(&from, detail::bounds_text("an integer", allowed));
    }
    to = static_cast<T>(from.get<std::int64_t>());
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
  static Json write(double value) { return value; }
  static void read(Reader& in, const Json& from, double& to, Bounds bounds) {
    const auto inside = [&](double n) {
      return n >= static_cast<double>(bounds.minimum) && n <= static_cast<double>(bounds.maximum);
    };
    if (!from.is_number() || !inside(from.get<double>()))
      return in.fault(&from, detail::bounds_text("a number", bounds));
    to = from.get<double>();
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "number"}};
    detail::put_bounds(schema, bounds, "minimum", "maximum");
    return schema;
  }
};

template <>
struct Codec<std::string> {
  static Json write(const std::string& value) { return value; }
  static void read(Reader& in, const Json& from, std::string& to, Bounds bounds) {
    if (!from.is_string()) return in.fault(&from, "want a text");
    const auto& text = from.get_ref<const std::string&>();
    if (!detail::within(static_cast<std::int64_t>(text.size()), bounds)) {
      return in.fault(&from, detail::bounds_text("a text with a number of bytes", bounds));
    }
    to = text;
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "string"}};
    detail::put_bounds(schema, bounds, "minLength", "maxLength");
    return schema;
  }
};

template <>
struct Codec<Json> {
  static Json write(const Json& value) { return value; }
  static void read(Reader&, const Json& from, Json& to, Bounds) { to = from; }
  static Json schema(Bounds) { return Json::object(); }
};

namespace detail {

// Values with a text form.
template <class T, Result<T> (*parse)(std::string_view)>
struct TextCodec {
  static Json write(const T& value) { return to_string(value); }
  static void read(Reader& in, const Json& from, T& to, Bounds) {
    auto parsed = parse(from.is_string() ? std::string_view(from.get_ref<const std::string&>()) : std::string_view());
    if (!parsed.ok()) return in.fault(&from, parsed.status().message);
    to = *parsed;
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
  static Json schema(Bounds) { return {{"type", "string"}, {"format", "date-time"}}; }
};

template <>
struct Codec<Count> {
  static Json write(const Count& count) {
    return count.unit == Count::Unit::percent ? Json(to_string(count)) : Json(count.value);
  }
  static void read(Reader& in, const Json& from, Count& to, Bounds) {
    auto parsed = parse_count(from.is_string()            ? from.get_ref<const std::string&>()
                              : from.is_number_unsigned() ? from.dump()
                                                          : "");
    if (!parsed.ok()) return in.fault(&from, parsed.status().message);
    to = *parsed;
  }
  static Json schema(Bounds) {
    return {{"anyOf",
             {{{"type", "integer"}, {"minimum", 0}, {"maximum", 1'000'000}},
              {{"type", "string"}, {"pattern", "^[0-9]+%?$"}}}}};
  }
};

template <NamedEnum E>
struct Codec<E> {
  static Json write(E value) { return std::string(to_name(value)); }
  static void read(Reader& in, const Json& from, E& to, Bounds) {
    const auto found = from.is_string() ? enum_from<E>(from.get_ref<const std::string&>()) : std::nullopt;
    if (!found) return in.fault(&from, "want one of " + choices());
    to = *found;
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
  static Json write(const std::optional<T>& value) { return value ? Codec<T>::write(*value) : Json(nullptr); }
  static void read(Reader& in, const Json& from, std::optional<T>& to, Bounds bounds) {
    if (from.is_null()) return to.reset();
    Codec<T>::read(in, from, to.emplace(), bounds);
  }
  static Json schema(Bounds bounds) { return Codec<T>::schema(bounds); }
};

template <class T>
struct Codec<std::vector<T>> {
  static Json write(const std::vector<T>& list) {
    Json array = Json::array();
    for (const T& item : list) array.push_back(Codec<T>::write(item));
    return array;
  }
  static void read(Reader& in, const Json& from, std::vector<T>& to, Bounds bounds) {
    if (!from.is_array()) return in.fault(&from, "want a list");
    if (!detail::within(static_cast<std::int64_t>(from.size()), bounds)) {
      return in.fault(nullptr, detail::bounds_text("a list with a number of entries", bounds));
    }
    to.clear();
    to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      in.inside(std::to_string(i), [&] { Codec<T>::read(in, from[i], to[i], {}); });
    }
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "array"}, {"items", Codec<T>::schema({})}};
    detail::put_bounds(schema, bounds, "minItems", "maxItems");
    return schema;
  }
};

template <class T>
struct Codec<std::map<std::string, T>> {
  static Json write(const std::map<std::string, T>& map) {
    Json object = Json::object();
    for (const auto& [key, value] : map) object[key] = Codec<T>::write(value);
    return object;
  }
  static void read(Reader& in, const Json& from, std::map<std::string, T>& to, Bounds bounds) {
    if (!from.is_object()) return in.fault(&from, "want an object");
    if (!detail::within(static_cast<std::int64_t>(from.size()), bounds)) {
      return in.fault(nullptr, detail::bounds_text("an object with a number of fields", bounds));
    }
    to.clear();
    for (const auto& [key, value] : from.items()) {
      in.inside(key, [&] { Codec<T>::read(in, value, to[key], {}); });
    }
  }
  static Json schema(Bounds bounds) {
    Json schema{{"type", "object"}, {"additionalProperties", Codec<T>::schema({})}};
    detail::put_bounds(schema, bounds, "minProperties", "maxProperties");
    return schema;
  }
};

namespace detail {

template <class M>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T, class M>
void write_field(Json& object, const T& value, const Field<T, M>& entry) {
  const M& member = value.*entry.member;
  if constexpr (is_optional<M>::value) {
    if (!member) return;
  }
  object[std::string(entry.name)] = Codec<M>::write(member);
}

template <class T, class M>
void read_field(Reader& in, const Json& object, T& value, const Field<T, M>& entry) {
  const auto found = object.find(entry.name);
  if (found == object.end()) {
    if (entry.is_required) in.inside(entry.name, [&] { in.fault(nullptr, "is missing"); });
    return;
  }
  in.inside(entry.name, [&] { Codec<M>::read(in, *found, value.*entry.member, entry.bounds); });
}

template <class T, class M>
void put_schema(Json& schema, const T& defaults, const Field<T, M>& entry) {
  Json property = Codec<M>::schema(entry.bounds);
  property["description"] = std::string(entry.doc);
  if (entry.is_required) {
    schema["required"].push_back(std::string(entry.name));
  } else if constexpr (!is_optional<M>::value && !Document<M>) {
    property["default"] = Codec<M>::write(defaults.*entry.member);
  }
  schema["properties"][std::string(entry.name)] = std::move(property);
}

}  // namespace detail

template <Document T>
struct Codec<T> {
  static Json write(const T& value) {
    Json object = Json::object();
    std::apply([&](const auto&... entry) { (detail::write_field(object, value, entry), ...); }, T::fields());
    return object;
  }
  static void read(Reader& in, const Json& from, T& to, Bounds) {
    if (!from.is_object()) return in.fault(&from, "want an object");
    std::apply([&](const auto&... entry) { (detail::read_field(in, from, to, entry), ...); }, T::fields());
    if (in.refuses_unknown()) refuse_unknown(in, from);
  }
  static Json schema(Bounds) {
    Json schema{{"type", "object"}, {"properties", Json::object()}};
    const T defaults{};
    std::apply([&](const auto&... entry) { (detail::put_schema(schema, defaults, entry), ...); }, T::fields());
    return schema;
  }

 private:
  static void refuse_unknown(Reader& in, const Json& from) {
    for (const auto& [key, value] : from.items()) {
      const bool known = std::apply([&](const auto&... entry) { return ((entry.name == key) || ...); }, T::fields());
      if (!known) in.inside(key, [&] { in.fault(&value, "is no field here; there are " + names()); });
    }
  }
  static std::string names() {
    std::string text;
    std::apply([&](const auto&... entry) { ((text += (text.empty() ? "" : ", ") + std::string(entry.name)), ...); },
               T::fields());
    return text;
  }
};

}  // namespace slipway
