// From a checked JSON value to a struct, with the faults of the schema and of the fields' own parsers in one list.
#pragma once

#include <algorithm>
#include <slipway/document.hpp>

#include "host/config/schema.hpp"

namespace slipway::config {

inline bool is_inside(const std::string& inner, const std::string& outer) {
  return outer == "/" || inner == outer || inner.starts_with(outer + "/");
}

// Whether a problem at the path or above it is in the list: what hangs below something wrong is not worth telling.
inline bool is_covered(const Problems& problems, const std::string& path) {
  return std::ranges::any_of(problems, [&](const Problem& problem) { return is_inside(path, problem.path); });
}

// The same for a problem below the path too.
inline bool is_told(const Problems& problems, const std::string& path) {
  return std::ranges::any_of(
      problems, [&](const Problem& problem) { return is_inside(path, problem.path) || is_inside(problem.path, path); });
}

// What could be read, and everything that is wrong with it appended to `problems`.
template <class T>
T read_typed(Json value, const Schema& schema, Problems& problems) {
  Problems found = schema.check(value);
  Reader reader(Unknown::ignored);
  T typed{};
  Codec<T>::read(reader, value, typed, {});
  for (Problem& problem : reader.problems()) {
    if (!is_told(found, problem.path)) found.push_back(std::move(problem));
  }
  problems.insert(problems.end(), found.begin(), found.end());
  return typed;
}

}  // namespace slipway::config
