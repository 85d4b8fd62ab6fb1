// The version of slipwayd, from the build.
#pragma once

namespace slipway::api {

inline constexpr char kVersion[] = SLIPWAY_VERSION;

}  // namespace slipway::api
