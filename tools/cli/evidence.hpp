// The numbers of a verdict in a few words. Pure.
#pragma once

#include <slipway/json.hpp>
#include <string>

namespace slipway::cli {

// "3.1 of 5.3": log-evidence, of what failing asks for; "score 80"; "-" without either.
std::string evidence_words(const Json& evidence);

// Each metric's estimate with its band, "1.5 (0.35 to 4.4)": how many times as often as before, the shift with its
// name, or a forecast; "-" for none.
std::string estimate_words(const Json& evidence);

}  // namespace slipway::cli
