#include "host/base/readable.hpp"

#include <slipway/json.hpp>

namespace slipway::base {

// The JSON library replaces such bytes when it writes.
std::string readable(std::string_view text) { return parse_json(to_text(Json(text)))->get<std::string>(); }

}  // namespace slipway::base
