#include "host/api/api.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "host/api/conventions.hpp"
#include "host/api/openapi.hpp"
#include "host/api/problem.hpp"
#include "host/api/router.hpp"
#include "host/api/routes.hpp"
#include "host/telemetry/metric_catalogue.hpp"
#include "host/telemetry/trace.hpp"

namespace slipway::api {
namespace {

// Fills path and query. The query's last value of a name counts.
Status parse_target(Request& request) {
  const auto url = boost::urls::parse_origin_form(request.target);
  if (!url) return {Code::invalid_argument, "the request's target is no path with an optional query"};
  request.path = std::string(url->encoded_path());
  if (request.path.find('%') != std::string::npos) {
    // Names in paths never need escapes; a decoded slash would change which operation is meant.
    if (request.path.find("%2F") != std::string::npos || request.path.find("%2f") != std::string::npos)
      return {Code::invalid_argument, "the path must not hold %2F"};
    request.path = url->path();
  }
  for (const auto& parameter : url->params()) request.query[parameter.key] = parameter.value;
  return {};
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

bool has_json_body(const Request& request) {
  const std::string_view type = request.header("content-type");
  return type == "application/json" || type.starts_with("application/json;");
}

// By OpenTelemetry's conventions for HTTP servers: the client's own faults are no errors of the server.
void describe(telemetry::OpenSpan& span, const Request& request, const Operation* met, int status) {
  span.set("http.request.method", request.method);
  span.set("url.path", request.path);
  span.set("http.response.status_code", std::int64_t{status});
  span.set("slipway.request_id", request.id);
  if (met != nullptr) {
    span.rename(met->method + " " + met->path);
    span.set("http.route", met->path);
  }
  if (status >= 500) span.fail("the answer is " + std::to_string(status));
}

// Asked every few seconds by machines, health checks and scrapes would be most of what a collector holds.
bool is_probe(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path == "/metrics" || path == "/health" || path.starts_with("/health/");
}

std::function<Answer(Request)> naming(std::function<Answer(Request)> handle, std::string host) {
  return [handle = std::move(handle), host = std::move(host)](Request request) -> Answer {
    Response response = co_await handle(std::move(request));
    response.headers["Slipway-Host"] = host;
    co_return response;
  };
}

// Without their schemas: the documents that tell them are texts by now, and the trees would be more than a megabyte.
Operations to_serve(Operations operations, const std::string& host) {
  for (Operation& operation : operations) {
    // Inside of what is kept for repeated requests: any host repeats it, and it is still the first one's.
    if (has(operation.features, Feature::of_host)) operation.handle = naming(std::move(operation.handle), host);
    for (Schema* schema : {&operation.request, &operation.reply, &operation.item}) schema->schema = nullptr;
  }
  return operations;
}

}  // namespace

Operations all_operations(rollout::Control& control, HostView& host, ProfileControl& profile) {
  Operations operations;
  add_delivery(operations, control);
  add_hosts(operations, control);
  add_events(operations, control);
  add_host(operations, host);
  add_profile(operations, profile);
  add_docs(operations);
  return operations;
}

Api::Api(ApiParts parts)
    : parts_(std::move(parts)),
      ids_(parts_.clock, parts_.random),
      operations_(to_serve(all_operations(parts_.control, parts_.host, parts_.profile), parts_.host_name)) {}

telemetry::OpenSpan Api::identify(Request& request) {
  const std::string_view given = request.header("x-request-id");
  request.id = is_request_id(given) ? std::string(given) : ids_.next();
  const auto given_trace = telemetry::parse_traceparent(request.header("traceparent"));
  telemetry::Trace trace = given_trace.ok()           ? telemetry::child_of(*given_trace, parts_.random)
                           : parts_.tracer != nullptr ? parts_.tracer->begin_trace()
                                                      : telemetry::make_trace(parts_.random);
  if (is_probe(request.target)) trace.flags = 0;
  request.traceparent = telemetry::to_traceparent(trace);
  if (parts_.tracer == nullptr) return {};
  const std::string parent = given_trace.ok() ? given_trace->span_id : std::string();
  return parts_.tracer->open(trace, parent, telemetry::SpanKind::server, "HTTP");
}

Answer Api::handle(Request request) {
  const std::int64_t begun = parts_.clock.steady_ns();
  telemetry::OpenSpan span = identify(request);
  const Operation* met = nullptr;
  Response response;
  std::exception_ptr failure;
  try {
    response = co_await answer(request, met);
  } catch (const Refusal& refusal) {
    response = problem(refusal.status(), request.path);
  } catch (const std::exception& error) {
    parts_.log.error(
        "a request failed unexpectedly",
        {{"request_id", request.id}, {"operation", met == nullptr ? "none" : met->id}, {"error", error.what()}});
    response = problem(500, {Code::internal, "an unexpected error; the log tells more under request_id " + request.id},
                       request.path);
  }
  response.headers["X-Request-Id"] = request.id;
  response.headers["traceparent"] = request.traceparent;
  if (span) describe(span, request, met, response.status);
  const double elapsed = static_cast<double>(parts_.clock.steady_ns() - begun) / 1e9;
  // What a client may invent is no label.
  const std::string operation = met == nullptr ? "none" : met->id;
  const std::string method = met == nullptr ? "other" : request.method;
  parts_.metrics.counter(telemetry::metric::kHttpRequests, {method, operation, std::to_string(response.status)}).add();
  parts_.metrics.histogram(telemetry::metric::kHttpRequestSeconds, {method, operation}).observe(elapsed);
  parts_.log.debug("request", {{"request_id", request.id},
                               {"trace", request.traceparent},
                               {"method", request.method},
                               {"path", request.path},
                               {"status", response.status},
                               {"seconds", elapsed}});
  co_return response;
}

Answer Api::answer(Request& request, const Operation*& met) {
  if (const Status target = parse_target(request); !target.ok()) co_return problem(target, request.target);
  Match match = Router(operations_).find(request.method, request.path);
  if (match.operation == nullptr && match.allowed.empty()) {
    co_return problem(404, {Code::not_found, "there is nothing at " + request.path + "; /docs lists what there is"},
                      request.path);
  }
  if (match.operation == nullptr) {
    Response refusal = problem(
        405, {Code::unimplemented, request.path + " takes " + match.allowed + ", not " + request.method}, request.path);
    refusal.headers["Allow"] = match.allowed;
    co_return refusal;
  }
  const Operation& operation = *match.operation;
  met = &operation;
  request.arguments = std::move(match.arguments);
  if (operation.access == Access::authenticated) {
    request.principal = value_or_refuse(
        parts_.authenticator.authenticate(request.header("authorization"), request.header("x-slipway-tenant")));
  }
  if (parts_.request_ids != nullptr && request.method != "GET")
    parts_.request_ids->remember(request.traceparent, request.id);
  request.filters = check_query(operation, request);
  if (!request.body.empty() && !has_json_body(request)) {
    co_return problem(415,
                      {Code::invalid_argument, "want Content-Type: application/json, not \"" +
                                                   std::string(request.header("content-type")) + "\""},
                      request.path);
  }
  co_return co_await run(operation, request);
}

Answer Api::run(const Operation& operation, Request request) {
  const std::string key(request.header("idempotency-key"));
  if (key.empty() || !has(operation.features, Feature::idempotent) || mode_of(request) == rollout::Mode::dry_run) {
    co_return co_await operation.handle(std::move(request));
  }
  // A refusal is an answer too, and repeated as such.
  const auto next = [&operation](Request again) -> Answer {
    const std::string path = again.path;
    try {
      co_return co_await operation.handle(std::move(again));
    } catch (const Refusal& refusal) {
      co_return problem(refusal.status(), path);
    }
  };
  co_return co_await parts_.idempotency.run(std::move(request), key, next);
}

}  // namespace slipway::api
