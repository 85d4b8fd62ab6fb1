// The OpenAPI document as something to hold requests and answers to.
#pragma once

#include <slipway/json.hpp>
#include <string>

namespace slipway::api::test {

// References replaced by what they stand for.
Json resolved(const Json& schema, const Json& document);

// As resolved(), with fields that the document does not name forbidden: for answers, which may grow only together with
// the document.
Json resolved_and_closed(const Json& schema, const Json& document);

// What the schema says against the value; empty when nothing. Compiling a schema takes longer than using it: cached by
// its text.
std::string faults(const Json& schema, const Json& value);

}  // namespace slipway::api::test
