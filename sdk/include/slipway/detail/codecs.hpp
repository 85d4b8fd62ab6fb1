// The codecs of the field types that <slipway/document.hpp> lists: write, read, schema.
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

}  // namespace detail

template <>
struct Codec<bool> {
  static void write(Writer& out, bool value) { out.boolean(value); }
  static void read(Reader& in, Json& from, bool& to, Bounds) {
    if (!from.is_boolean()) return in.fault(&from, "want true or false");
    to = from.get<bool>();
  }
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
  static void write(Writer& out, const std::string& value) { out.text(value); }
  static void read(Reader& in, Json& from, std::string& to, Bounds bounds) {
    if (!from.is_string()) return in.fault(&from, "want a text");
    auto& text = from.get_ref<std::string&>();
    if (!detail::within(static_cast<std::int64_t>(text.size()), bounds)) {
      return in.fault(&from, detail::bounds_text("a text with a number of bytes", bounds));
    }
    to = std::move(text);
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
  static Json schema(Bounds) { return Json::object(); }
};

template <>
struct Codec<JsonText> {
  static void write(Writer& out, const JsonText& value) {
    if (value.text.empty()) return out.null();
    out.json_text(value.text);
  }
  static void read(Reader&, Json& from, JsonText& to, Bounds) { to.text = to_text(from); }
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
    if (!detail::within(static_cast<std::int64_t>(from.size()), bounds)) {
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
    if (!detail::within(static_cast<std::int64_t>(from.size()), bounds)) {
      return in.fault(nullptr, detail::bounds_text("an object with a number of fields", bounds));
    }
    to.clear();
    for (auto& [key, value] : from.get_ref<Json::object_t&>()) {
      in.enter(key);
      Codec<T>::read(in, value, to[key], {});
      in.leave();
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
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// What is done to each field of a document.
template <class T>
struct FieldWriter {
  Writer& out;
  const T& value;

  template <class M>
  void operator()(const Field<T, M>& entry) const {
    const M& member = value.*entry.member;
    if constexpr (kIsOptional<M>) {
      if (!member) return;
    }
    out.key(entry.name);
    Codec<M>::write(out, member);
  }
};

template <class T>
struct FieldReader {
  Reader& in;
  Json& object;
  T& value;

  template <class M>
  void operator()(const Field<T, M>& entry) const {
    const auto found = object.find(entry.name);
    const bool is_there = found != object.end();
    if (!is_there && !entry.is_required) return;
    in.enter(entry.name);
    if (is_there) {
      Codec<M>::read(in, *found, value.*entry.member, entry.bounds);
    } else {
      in.fault(nullptr, "is missing");
    }
    in.leave();
  }
};

template <class T>
struct FieldSchema {
  Json& schema;
  const T& defaults;

  template <class M>
  void operator()(const Field<T, M>& entry) const {
    Json property = Codec<M>::schema(entry.bounds);
    property["description"] = std::string(entry.doc);
    if (entry.is_required) {
      schema["required"].push_back(std::string(entry.name));
    } else if constexpr (!kIsOptional<M> && !Document<M>) {
      property["default"] = encode(defaults.*entry.member);
    }
    schema["properties"][std::string(entry.name)] = std::move(property);
  }
};

struct FieldNames {
  std::vector<std::string_view>& names;

  template <class T, class M>
  void operator()(const Field<T, M>& entry) const {
    names.push_back(entry.name);
  }
};

// A fault for each name of `from` that is not among `names`.
void refuse_unknown(Reader& in, const Json& from, const std::vector<std::string_view>& names);

Status not_valid(std::string_view what, Reader& in);
Status not_valid(std::string_view what, const Status& syntax);

}  // namespace detail

template <Document T>
struct Codec<T> {
  static void write(Writer& out, const T& value) {
    out.begin_object();
    T::fields().each(detail::FieldWriter<T>{out, value});
    out.end_object();
  }
  static void read(Reader& in, Json& from, T& to, Bounds) {
    if (!from.is_object()) return in.fault(&from, "want an object");
    T::fields().each(detail::FieldReader<T>{in, from, to});
    if (!in.refuses_unknown()) return;
    std::vector<std::string_view> names;
    T::fields().each(detail::FieldNames{names});
    detail::refuse_unknown(in, from, names);
  }
  static Json schema(Bounds) {
    Json schema{{"type", "object"}, {"properties", Json::object()}};
    const T defaults{};
    T::fields().each(detail::FieldSchema<T>{schema, defaults});
    return schema;
  }
};

}  // namespace slipway
