// A JSON Schema (draft 7) that says every fault of a document in words.
#pragma once

#include <memory>
#include <slipway/json.hpp>
#include <slipway/status.hpp>

namespace slipway::config {

// Immutable after parse; check may run on any number of threads.
//
// The words come from type, properties, required, enum, minimum, maximum, minLength, maxLength, minItems, maxItems,
// minProperties, maxProperties, items, additionalProperties, pattern and anyOf. Two additions: "x-want" replaces the
// words for what is allowed, and "x-minimum" with "x-maximum" bound a duration. A fault that only another keyword sees
// is told in the validator's own words.
class Schema {
 public:
  // INVALID_ARGUMENT when the value is no schema. References and patternProperties are refused: the library follows a
  // reference to itself until the stack ends.
  static Result<Schema> parse(const Json& schema);

  // Every fault, sorted by path; empty: the value is valid.
  [[nodiscard]] Problems check(const Json& value) const;

 private:
  struct Compiled;
  explicit Schema(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

// A name that an object does not have: with the nearest of `names`, or else all of them.
std::string unknown_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace slipway::config
