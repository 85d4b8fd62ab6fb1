// OTLP's JSON encoding of traces (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding; the messages are
// opentelemetry/proto/collector/trace/v1/trace_service.proto, version 1): ids are hexadecimal, 64-bit numbers are
// texts, enumerations are numbers, names are in lowerCamelCase.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/telemetry/span.hpp"

namespace slipway::telemetry {

// Who tells.
struct Resource {
  std::string service;
  std::string version;
  std::string instance;
};

// Texts longer than this are cut, between two characters.
inline constexpr std::size_t kLongestAttribute = 1'024;
std::string_view cut_attribute(std::string_view text);

// An ExportTraceServiceRequest.
std::string otlp_traces(const Resource& resource, std::span<const Span> spans);

// What an ExportTraceServiceResponse says of spans that the collector did not take; 0 for what is no such document.
struct PartialSuccess {
  std::int64_t rejected = 0;
  std::string message;
};
PartialSuccess partial_success(std::string_view body);

}  // namespace slipway::telemetry
