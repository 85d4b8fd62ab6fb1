// The error document of the ABI, {"message", "problems": [{"path", "value", "message"}]}, and the status it stands for.
#pragma once

#include <slipway/abi/plugin.h>

#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::runtime {

// The status of an answer other than SLIPWAY_OK. Never fails: what is no error document becomes the message, shortened
// and with `otherwise` in its place when there is nothing to show. A code outside the canonical ones is INTERNAL.
Status status_of(slipway_status code, std::string_view document, std::string_view otherwise);

// The status without its code as JSON text.
std::string error_document(const Status& status);

}  // namespace slipway::runtime
