// One operation of the API as data: what the router matches, what the OpenAPI document says, and who answers.
// Everything about an operation is in one place.
#pragma once

#include <functional>
#include <slipway/document.hpp>
#include <string>
#include <vector>

#include "host/api/message.hpp"

namespace slipway::api {

// A named JSON Schema; no name means no body.
struct Schema {
  std::string name;
  Json schema;
};

template <class T>
Schema schema(std::string name) {
  return {std::move(name), schema_of<T>()};
}
// {"items": [...], "next_cursor"}: a page of a list.
template <class T>
Schema page_schema(const std::string& name) {
  return {name + "Page",
          {{"type", "object"},
           {"required", {"items"}},
           {"properties",
            {{"items", {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/" + name}}}}},
             {"next_cursor",
              {{"type", "string"}, {"description", "Give it as cursor for the next page; absent at the end."}}}}}}};
}

struct Parameter {
  std::string name;
  Json schema;
  std::string doc;
  // Of a list's filter: where its entries have the value, as a JSON pointer; a list there has it within. Empty when the
  // operation itself sees to it.
  std::string field{};
};

// An entry of the list passes when its field has the value that was given.
Parameter text_filter(std::string name, std::string field, std::string doc);
Parameter truth_filter(std::string name, std::string field, std::string doc);
Parameter choice_filter(std::string name, std::string field, Json choices, std::string doc);
template <NamedEnum E>
Parameter enum_filter(std::string name, std::string field, std::string doc) {
  Json choices = Json::array();
  for (const auto& entry : enum_names(E{})) choices.push_back(entry.second);
  return choice_filter(std::move(name), std::move(field), std::move(choices), std::move(doc));
}

enum class Access { everybody, authenticated };
// of_host: about the host that is asked and no other one of its store; the answer names it.
enum class Feature { none = 0, etag = 1, if_match = 2, dry_run = 4, paged = 8, idempotent = 16, of_host = 32 };
constexpr Feature operator|(Feature a, Feature b) {
  return static_cast<Feature>(static_cast<int>(a) | static_cast<int>(b));
}
constexpr bool has(Feature set, Feature wanted) { return (static_cast<int>(set) & static_cast<int>(wanted)) != 0; }

struct Operation {
  std::string id;
  std::string method;
  std::string path;  // "/api/rollouts/{id}"
  std::string summary;
  Schema request;
  Schema reply;
  int success = 200;
  Feature features = Feature::none;
  std::vector<Parameter> query;
  std::string reply_type = "application/json";
  Access access = Access::authenticated;
  std::function<Answer(Request)> handle;
  Schema item;  // of a paged reply
};
using Operations = std::vector<Operation>;

// Names that the operation takes in its query.
std::vector<std::string_view> query_names(const Operation& operation);

}  // namespace slipway::api
