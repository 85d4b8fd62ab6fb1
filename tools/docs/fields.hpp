// Fields of documents as rows of a table, nested ones by their paths: "groups[].weight", "env.*".
#pragma once

#include <map>
#include <optional>
#include <slipway/document.hpp>
#include <string>
#include <vector>

namespace slipway::docs {

struct FieldRow {
  std::string path;
  Json schema;
  bool is_required = false;
};
using FieldRows = std::vector<FieldRow>;

namespace detail {

// What lies below a field of this type, and how its path goes on.
template <class T>
struct Below {
  using Type = T;
  static std::string path(const std::string& field) { return field + "."; }
};
template <class T>
struct Below<std::optional<T>> : Below<T> {};
template <class T>
struct Below<std::vector<T>> {
  using Type = typename Below<T>::Type;
  static std::string path(const std::string& field) { return Below<T>::path(field + "[]"); }
};
template <class T>
struct Below<std::map<std::string, T>> {
  using Type = typename Below<T>::Type;
  static std::string path(const std::string& field) { return Below<T>::path(field + ".*"); }
};

template <Document T>
void add_rows(FieldRows& rows, const std::string& prefix) {
  const Json schema = schema_of<T>();
  const auto add = [&]<class M>(const Field<T, M>& entry) {
    const std::string path = prefix + std::string(entry.name);
    rows.push_back({path, schema["properties"][std::string(entry.name)], entry.is_required});
    if constexpr (Document<typename Below<M>::Type>) add_rows<typename Below<M>::Type>(rows, Below<M>::path(path));
  };
  T::fields().each(add);
}

}  // namespace detail

// In the order in which the fields are listed.
template <Document T>
FieldRows rows_of() {
  FieldRows rows;
  detail::add_rows<T>(rows, "");
  return rows;
}
// From a schema alone, by name.
FieldRows rows_of_schema(const Json& schema);

// Field, type, required, default, bounds, description; "No fields." for none.
std::string fields_table(const FieldRows& rows);

// "text", "list of integer", "one of `a`, `b`".
std::string type_text(const Json& schema);
// "0 to 10000", "at most 8 entries"; what may be said beyond the type.
std::string bounds_text(const Json& schema);

}  // namespace slipway::docs
