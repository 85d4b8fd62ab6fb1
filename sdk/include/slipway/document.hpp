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
// A field may be bool, an integer, double, std::string, Json (anything), Duration, Instant, Count, an enum with
// enum_names(), another document, or a vector, optional or string map of those. A field that is absent keeps its
// default; `required` fields must be there. An empty optional is not written.
//
// Reading collects every fault of a document. Unknown fields are ignored, so that documents can grow, unless the
// reader is Strict: that is for what people write, where an unknown field is a typing error.
#pragma once

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <slipway/json.hpp>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>
#include <string_view>
#include <tuple>
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
template <class... F>
constexpr std::tuple<F...> fields(F... list) {
  return {list...};
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

enum class Unknown { ignored, refused };

// Where a reader stands in a document, and what it found wrong so far.
class Reader {
 public:
  explicit Reader(Unknown unknown = Unknown::ignored) : unknown_(unknown) {}

  void fault(const Json* value, std::string message) {
    if (problems_.size() >= kMaxProblems) return;
    problems_.push_back(
        {path_.empty() ? "/" : path_, value == nullptr ? "" : clip(to_text(*value)), std::move(message)});
  }
  template <class F>
  void inside(std::string_view name, F&& read) {
    const std::size_t length = path_.size();
    path_ += '/';
    for (const char c : name) path_ += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    read();
    path_.resize(length);
  }
  [[nodiscard]] bool refuses_unknown() const { return unknown_ == Unknown::refused; }
  [[nodiscard]] Problems& problems() { return problems_; }

 private:
  static constexpr std::size_t kMaxProblems = 100;
  static std::string clip(std::string text) {
    if (text.size() > 120) text = text.substr(0, 117) + "...";
    return text;
  }

  Unknown unknown_;
  std::string path_;
  Problems problems_;
};

// The codec of one type: write, read, schema.
template <class T>
struct Codec;

}  // namespace slipway

#include <slipway/detail/codecs.hpp>

namespace slipway {

// The document as JSON.
template <class T>
Json encode(const T& value) {
  return Codec<T>::write(value);
}

// The document as compact JSON text.
template <class T>
std::string encode_text(const T& value) {
  return to_text(Codec<T>::write(value));
}

// The document in `json`, or INVALID_ARGUMENT with every fault. `what` names it in the message: "release".
template <class T>
Result<T> decode(const Json& json, std::string_view what, Unknown unknown = Unknown::ignored) {
  Reader in(unknown);
  T value{};
  Codec<T>::read(in, json, value, {});
  if (in.problems().empty()) return value;
  return Status(Code::invalid_argument, std::string(what) + " is not valid", std::move(in.problems()));
}

// The same from text, within the limits.
template <class T>
Result<T> decode_text(std::string_view text, std::string_view what, Unknown unknown = Unknown::ignored,
                      JsonLimits limits = {}) {
  const auto json = parse_json(text, limits);
  if (!json.ok()) return Status(Code::invalid_argument, std::string(what) + ": " + json.status().message);
  return decode<T>(*json, what, unknown);
}

// The JSON Schema of the document (2020-12, a subset that draft 7 shares).
template <class T>
Json schema_of() {
  return Codec<T>::schema({});
}

}  // namespace slipway
