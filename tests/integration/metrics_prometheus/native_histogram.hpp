// A native histogram as a target tells it: the delimited protobuf of io.prometheus.client.MetricFamily.
#pragma once

#include <string>

namespace slipway::test {

inline constexpr const char* kProtobuf =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

// took_native{release="1.0"}: 10 observations at zero, 30 above 1 and up to 2, 60 above 2 and up to 4.
std::string native_histogram();

}  // namespace slipway::test
