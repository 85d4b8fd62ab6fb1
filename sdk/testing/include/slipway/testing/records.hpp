// What a fake host remembers of a plugin, and how a test says on whose behalf it calls.
#pragma once

#include <cstdint>
#include <ostream>
#include <slipway/host.hpp>
#include <string>

namespace slipway {

// How GoogleTest shows a status.
inline void PrintTo(const Status& status, std::ostream* out) { *out << to_string(status); }

}  // namespace slipway

namespace slipway::test {

struct CallOptions {
  Duration budget = seconds(60);
  std::string tenant = "acme";
  std::string subject;
  std::string roles;
  std::string traceparent;
};

struct LogRecord {
  LogLevel level = LogLevel::debug;
  std::string message;
  Json fields;
};

struct MetricSample {
  MetricKind kind = MetricKind::counter;
  std::string name;
  double value = 0;
  Json labels;
};

// One request of a host service, as the plugin made it.
struct ServiceRequest {
  std::string service;
  std::string method;
  std::uint64_t token = 0;
  Json payload;
  std::int64_t budget_ns = 0;
};

}  // namespace slipway::test
