// The REST API: from a request to its answer. Paths and documents are in the operations; what they share is here, in
// the order in which a request meets it: path, method, credentials, media type, repetition, operation.
#pragma once

#include <memory>
#include <string>

#include "host/access/token.hpp"
#include "host/api/host_view.hpp"
#include "host/api/idempotency.hpp"
#include "host/api/operation.hpp"
#include "host/api/profile_control.hpp"
#include "host/base/clock.hpp"
#include "host/base/ids.hpp"
#include "host/base/random.hpp"
#include "host/rollout/control.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"
#include "host/telemetry/request_ids.hpp"
#include "host/telemetry/tracer.hpp"

namespace slipway::api {

// Everything that the API needs; all of it outlives it.
struct ApiParts {
  rollout::Control& control;
  HostView& host;
  ProfileControl& profile;
  const access::TokenAuthenticator& authenticator;
  Idempotency& idempotency;
  const base::Clock& clock;
  base::Random& random;
  telemetry::Log log;
  telemetry::Metrics& metrics;
  telemetry::RequestIds* request_ids = nullptr;  // hears of each request that changes something; may be null
  std::string host_name;
  telemetry::Tracer* tracer = nullptr;  // null: nobody wants spans
};

// Every operation, in the order of the OpenAPI document.
Operations all_operations(rollout::Control& control, HostView& host, ProfileControl& profile);

// Any thread.
class Api {
 public:
  explicit Api(ApiParts parts);
  // Never throws.
  Answer handle(Request request);

 private:
  Answer answer(Request& request, const Operation*& operation);
  Answer run(const Operation& operation, Request request);
  telemetry::OpenSpan identify(Request& request);

  ApiParts parts_;
  base::IdSource ids_;
  Operations operations_;
};

}  // namespace slipway::api
