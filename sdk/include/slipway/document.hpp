// Documents: plain structs whose fields are listed once. From that list come the JSON codec, the JSON Schema and
// errors that name the field.
//
//   struct Settings {
//     Count max_surge = percent(25);
//     Duration deadline = seconds(600);
//     static constexpr auto fields() {
//       return slipway::fields(field("max_surge", &Settings::max_surge, "Replicas above the wanted number."),
//                              field("deadline", &Settings::deadline, "Time without progress before it fails."));
//     }
//   };
//
// A field may be bool, an integer, double, std::string, Json or JsonText (anything), Duration, Instant, Count, an
// enum with enum_names(), another document, or a vector, optional or string map of those. A field that is absent keeps
// its default; `required` fields must be there. An empty optional is not written.
//
// Reading collects every fault of a document. Unknown fields are ignored, so that documents can grow, unless the
// reader is Strict: that is for what people write, where an unknown field is a typing error.
#pragma once

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <slipway/reader.hpp>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <slipway/writer.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway {

// What a field's value must satisfy beyond its type. For strings and lists the bounds are on the length.
struct Bounds {
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
};
constexpr Bounds at_least(std::int64_t n) { return {.minimum = n}; }
constexpr Bounds at_most(std::int64_t n) { return {.maximum = n}; }
constexpr Bounds between(std::int64_t low, std::int64_t high) { return {low, high}; }

template <class T, class M>
struct Field {
  std::string_view name;
  M T::*member;
  std::string_view doc;
  bool is_required;
  Bounds bounds;
};

template <class T, class M>
constexpr Field<T, M> field(std::string_view name, M T::*member, std::string_view doc, Bounds bounds = {}) {
  return {name, member, doc, false, bounds};
}
template <class T, class M>
constexpr Field<T, M> required(std::string_view name, M T::*member, std::string_view doc, Bounds bounds = {}) {
  return {name, member, doc, true, bounds};
}

// The fields of a document, each of its own type. (A std::tuple would do, at several times the compiler's work.)
namespace detail {
template <std::size_t, class F>
struct FieldAt {
  F entry;
};
template <class Indices, class... F>
struct FieldListOf;
template <std::size_t... I, class... F>
struct FieldListOf<std::index_sequence<I...>, F...> : FieldAt<I, F>... {
  static constexpr std::size_t kSize = sizeof...(F);
  constexpr explicit FieldListOf(F... list) : FieldAt<I, F>{list}... {}

  // Visits each in order.
  template <class Visitor>
  constexpr void each(Visitor&& visit) const {
    (visit(static_cast<const FieldAt<I, F>&>(*this).entry), ...);
  }
};
}  // namespace detail

template <class... F>
using FieldList = detail::FieldListOf<std::index_sequence_for<F...>, F...>;

template <class... F>
constexpr FieldList<F...> fields(F... list) {
  return FieldList<F...>(list...);
}

// An enum takes part once `constexpr auto enum_names(E)` (found by its namespace) returns its names as an array of
// pairs {value, "name"}.
template <class E>
using EnumName = std::pair<E, std::string_view>;

template <class T>
concept Document = requires {
  T::fields();
};
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) {
  enum_names(e);
};

template <NamedEnum E>
constexpr std::string_view to_name(E value) {
  for (const auto& [candidate, name] : enum_names(E{})) {
    if (candidate == value) return name;
  }
  return "?";
}

template <NamedEnum E>
std::optional<E> enum_from(std::string_view text) {
  for (const auto& [candidate, name] : enum_names(E{})) {
    if (name == text) return candidate;
  }
  return std::nullopt;
}

// Where a reader stands in a document, and what it found wrong so far.
class Reader {
 public:
  explicit Reader(Unknown unknown = Unknown::ignored) : unknown_(unknown) {}

  // At most 100 are kept.
  void fault(const Json* value, std::string message);
  // `name` must outlive `read`, or the stay.
  template <class F>
  void inside(std::string_view name, F&& read) {
    enter(name);
    read();
    leave();
  }
  void enter(std::string_view name) { trail_.push_back(name); }
  void leave() { trail_.pop_back(); }
  [[nodiscard]] bool refuses_unknown() const { return unknown_ == Unknown::refused; }
  [[nodiscard]] Problems& problems() { return problems_; }

 private:
  [[nodiscard]] std::string path() const;

  Unknown unknown_;
  std::vector<std::string_view> trail_;
  Problems problems_;
};

// The codec of one type: write, read, schema. Reading may take texts and values out of the JSON that it is given. A
// codec may have a second read, from text, which must give the same value or false.
template <class T>
struct Codec;

template <class T>
Json encode(const T& value);

}  // namespace slipway

#include <slipway/detail/codecs.hpp>
#include <slipway/detail/document_codec.hpp>

namespace slipway {

// The document as JSON.
template <class T>
Json encode(const T& value) {
  TreeWriter out;
  Codec<T>::write(out, value);
  return out.take();
}

// The document as compact JSON text.
template <class T>
std::string encode_text(const T& value) {
  TextWriter out;
  Codec<T>::write(out, value);
  return out.take();
}

// The document in `json`, or INVALID_ARGUMENT with every fault. `what` names it in the message: "release".
template <class T>
Result<T> decode(Json json, std::string_view what, Unknown unknown = Unknown::ignored) {
  Reader in(unknown);
  T value{};
  Codec<T>::read(in, json, value, {});
  if (in.problems().empty()) return value;
  return detail::not_valid(what, in);
}

// The same from text, within the limits.
template <class T>
Result<T> decode_text(std::string_view text, std::string_view what, Unknown unknown = Unknown::ignored,
                      JsonLimits limits = {}) {
  if (auto value = detail::value_in<T>(TextReader(text, unknown, limits))) return std::move(*value);
  auto json = parse_json(text, limits);
  if (!json.ok()) return detail::not_valid(what, json.status());
  return decode<T>(std::move(*json), what, unknown);
}

// The JSON Schema of the document (2020-12, a subset that draft 7 shares).
template <class T>
Json schema_of() {
  return Codec<T>::schema({});
}

}  // namespace slipway
