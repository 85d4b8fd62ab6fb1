// The one text of a JSON value: what is signed, so that a signature outlives re-formatting and nothing else.
#pragma once

#include <slipway/json.hpp>
#include <string>

namespace slipway::loader {

// The canonical bytes of a parsed document:
//   - UTF-8, no white space, no byte order mark, no line end;
//   - the members of an object sorted by the bytes of their names;
//   - texts between quotes with \" \\ \b \f \n \r \t, other characters below U+0020 as \u00xx with lower-case digits,
//     and everything else as it is;
//   - whole numbers in decimal; others as the shortest decimal that reads back as the same double (std::to_chars), zero
//     without a sign;
//   - true, false and null.
// RFC 8785 differs in the order of names beyond U+FFFF and in how it spells large and small numbers.
//
// Precondition: the value came from parse_json, so that its texts are UTF-8, no name occurs twice, its depth is
// bounded.
std::string canonical_json(const Json& value);

}  // namespace slipway::loader
