// The kinds of bindings: which interface a binding's name asks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::manifest {

struct BindingKind {
  std::string_view name;       // "strategies"
  std::string_view interface;  // "slipway.strategy/1"
  std::string_view singular;   // what people write by mistake: "strategy"
};

// The kind of "strategies.canary" or "provider"; null when the name has no known kind or is malformed.
const BindingKind* kind_of(std::string_view binding);

// Every kind's name.
std::vector<std::string> kind_names();

// A binding name that was probably meant by a malformed one; empty when none is near.
std::string nearest_binding(std::string_view wrong);

// Lower-case letters, digits and dashes, at most 63, no dash in front: names of profiles, instances and bindings.
bool is_name(std::string_view text);

}  // namespace slipway::manifest
