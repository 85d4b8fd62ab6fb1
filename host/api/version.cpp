#include "host/api/version.hpp"

namespace slipway::api {

const char* const kVersion = SLIPWAY_VERSION;

}  // namespace slipway::api
