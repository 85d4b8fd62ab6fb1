// Failures as RFC 9457 problem documents, with the same sentence that the command line prints.
#pragma once

#include <slipway/status.hpp>
#include <string_view>

#include "host/api/message.hpp"

namespace slipway::api {

// The HTTP status that a code stands for.
int http_status(Code code);

// application/problem+json with type, title, status, detail, instance, code and errors[].
Response problem(const Status& status, std::string_view instance);
// The same with another HTTP status than the code's own: 404 for a path, 405, 413, 415 and so on.
Response problem(int http_status, const Status& status, std::string_view instance);

}  // namespace slipway::api
