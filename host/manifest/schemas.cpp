#include "host/manifest/schemas.hpp"

#include "host/manifest/profile_fields.hpp"

namespace slipway::manifest {
namespace {

// Every object whose fields are listed takes no others.
void close(Json& schema) {
  if (!schema.is_object()) return;
  if (schema.contains("properties") && !schema.contains("additionalProperties")) schema["additionalProperties"] = false;
  for (const char* list : {"properties"}) {
    if (!schema.contains(list)) continue;
    for (auto& [name, property] : schema[list].items()) close(property);
  }
  for (const char* inner : {"items", "additionalProperties"}) {
    if (schema.contains(inner)) close(schema[inner]);
  }
}

void put(Json& property, const Json& words) { property.update(words); }

void name_form(Json& property) {
  put(property, {{"pattern", "^[a-z0-9][a-z0-9-]{0,62}$"}, {"x-want", "a name of a-z, 0-9 and \"-\", at most 63"}});
}

void id_form(Json& property) {
  put(property, {{"pattern", "^[a-z][a-z0-9-]{0,62}(\\.[a-z][a-z0-9-]{0,62})?$"},
                 {"x-want", "an id like \"strategy-canary\" or \"vendor.name\""}});
}

Json finished(Json schema, const char* title) {
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = title;
  return schema;
}

}  // namespace

Json plugin_schema() {
  Json schema = schema_of<PluginManifest>();
  close(schema);
  // Newer packages may say more than this host knows.
  schema["additionalProperties"] = true;
  Json& top = schema["properties"];
  id_form(top["id"]);
  put(top["library"],
      {{"pattern", "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}\\.so$"}, {"x-want", "a file name that ends in .so"}});
  put(top["interfaces"]["items"], {{"pattern", "^[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63}){1,4}/[1-9][0-9]{0,4}$"},
                                   {"x-want", "an interface id like \"slipway.strategy/1\""}});
  top["config"]["type"] = "object";
  top["config"].erase("default");
  return finished(std::move(schema), "Slipway plugin.json");
}

Json profile_schema() {
  Json schema = schema_of<Profile>();
  close(schema);
  Json& top = schema["properties"];
  name_form(top["profile"]["properties"]["name"]);
  Json& instance = top["plugins"]["additionalProperties"]["properties"];
  id_form(instance["plugin"]);
  instance["config"]["type"] = "object";
  put(instance["placement"], {{"enum", {"in-process", "isolated"}}, {"x-want", "in-process or isolated"}});
  Json& gate = top["gates"]["items"]["properties"];
  gate["settings"]["type"] = "object";
  put(gate["applies_to"]["properties"]["actions"]["items"], {{"enum", {"start", "advance", "promote"}}});
  put(top["notifications"]["items"]["properties"]["events"]["items"],
      {{"pattern", "^(\\*|[a-z_]{1,40}(\\.[a-z_]{1,40}){0,3}(\\.\\*)?)$"},
       {"x-want", "a type of event like \"rollout.failed\", \"rollout.*\" or \"*\""}});
  return finished(std::move(schema), "Slipway profile");
}

std::string plugin_schema_text() { return plugin_schema().dump(2) + "\n"; }
std::string profile_schema_text() { return profile_schema().dump(2) + "\n"; }

}  // namespace slipway::manifest
