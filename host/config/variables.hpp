// Environment variables, and those named SLIPWAY_… as a layer of configuration.
#pragma once

#include <slipway/json.hpp>

#include "host/config/source.hpp"
#include "host/config/templates.hpp"

namespace slipway::config {

// The process's environment.
Variables environment_variables();

// SLIPWAY_LIMITS__BODY_BYTES is /limits/body_bytes. A value is read as the schema's type there wants it: numbers and
// true or false as such, a list as JSON or as texts between commas, everything else as text. Other variables are passed
// over. One source for each variable, named "environment variable <name>".
std::vector<Source> variable_sources(const Variables& variables, const Json& schema);

// Variables with the prefix that mean something else: what the command line tool reads, what replicas are given, and
// secrets. Everything else with the prefix is a setting, so that a misspelt one is refused; other tools of the project
// name their variables without it.
bool is_foreign_variable(std::string_view name);

}  // namespace slipway::config
