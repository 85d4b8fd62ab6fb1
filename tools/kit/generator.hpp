// Documents for a plugin to read: valid ones from a schema, and bytes that are broken in one point.
#pragma once

#include <slipway/json.hpp>
#include <string>
#include <vector>

#include "host/base/random.hpp"

namespace slipway::kit {

// A value that the schema (draft 7, as the SDK writes it) allows, chosen by the random numbers. A text whose pattern
// matches none of the usual texts becomes its default or its first example.
Json make_document(const Json& schema, base::Random& random);

// What is done to a document's bytes.
enum class Damage : std::uint8_t { cut_off, flipped_bits, embedded_nul, not_utf8, too_deep, wrong_types, empty };
std::string_view name_of(Damage damage);
std::string damaged(const Json& document, Damage damage, base::Random& random);

}  // namespace slipway::kit
