// The OpenAPI 3.1 document, made from the operations: the contract that tests hold the server to.
#pragma once

#include "host/api/operation.hpp"

namespace slipway::api {

Json openapi_document(const Operations& operations, std::string_view version);

}  // namespace slipway::api
