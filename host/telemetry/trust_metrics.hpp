// Rows of the catalogue about what plugins may do, for the few files that count it.
#pragma once

#include "host/telemetry/metric_catalogue.hpp"

namespace slipway::telemetry::metric {

extern const Metric kPermissionDenied;
extern const Metric kPluginsRevoked;

}  // namespace slipway::telemetry::metric
