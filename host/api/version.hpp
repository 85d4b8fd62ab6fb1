// The version of slipwayd, from the build.
#pragma once

namespace slipway::api {

extern const char* const kVersion;

}  // namespace slipway::api
