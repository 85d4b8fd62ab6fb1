// The methods of a plugin, with the schemas of their documents where the SDK knows the interface.
#pragma once

#include <slipway/abi/plugin.h>

#include <slipway/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::kit {

// A value. The schemas are null for an interface that the SDK does not know; then it is one of a few guesses, which the
// plugin may answer with UNIMPLEMENTED.
struct Method {
  std::uint32_t interface_index = 0;
  std::uint32_t number = 0;
  std::string interface;
  std::string name;  // empty when unknown
  Json request;
  Json reply;

  [[nodiscard]] bool is_known() const { return !name.empty(); }
  // Whether a request without any field is refused by the schema.
  [[nodiscard]] bool wants_fields() const { return is_known() && request.contains("required"); }
  // "check of slipway.gate/1", "method 2 of acme.echo/1".
  [[nodiscard]] std::string label() const {
    return (is_known() ? name : "method " + std::to_string(number)) + " of " + interface;
  }
};

// Of every interface in the table, in order.
std::vector<Method> methods_of(const slipway_plugin& table);
// Every method of every interface that the SDK knows.
const std::vector<Method>& known_methods();

}  // namespace slipway::kit
