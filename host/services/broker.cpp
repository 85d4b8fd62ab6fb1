#include "host/services/broker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <slipway/document.hpp>

#include "host/telemetry/trace.hpp"

namespace slipway::services {
namespace {

// What every request may have beside its own fields.
struct Traced {
  std::string traceparent;
  static constexpr auto fields() { return slipway::fields(field("traceparent", &Traced::traceparent, "")); }
};

std::string trace_of(const std::string& payload) {
  if (payload.find("\"traceparent\"") == payload.npos) return {};
  const auto traced = decode_text<Traced>(payload, "the request", Unknown::ignored, {.bytes = 8 << 20});
  return traced.ok() && telemetry::parse_traceparent(traced->traceparent).ok() ? traced->traceparent : std::string();
}

boost::asio::awaitable<Result<std::string>> guarded(Service& service, const Request& request) {
  try {
    co_return co_await service.handle(request);
  } catch (const std::exception& error) {
    co_return Status(Code::internal, "the service \"" + std::string(service.name()) + "\" failed: " + error.what());
  }
}

boost::asio::awaitable<void> serve(Service& service, std::shared_ptr<const Requester> requester,
                                   runtime::HostRequest asked, runtime::Answerer answer) {
  std::string trace = trace_of(asked.payload);
  const Request request{*requester, std::move(asked.method), std::move(asked.payload), asked.budget_ns,
                        std::move(trace)};
  auto result = co_await guarded(service, request);
  result.ok() ? answer.succeed(*std::move(result)) : answer.fail(result.status());
}

}  // namespace

Broker::Broker(boost::asio::any_io_executor executor, std::vector<Service*> services) : executor_(std::move(executor)) {
  for (Service* service : services) services_.emplace(service->name(), service);
}

void Broker::request(std::shared_ptr<const Requester> requester, runtime::HostRequest request,
                     runtime::Answerer answer) {
  const auto found = services_.find(request.service);
  if (found == services_.end()) {
    return answer.fail(
        {Code::unimplemented, "this host has no service \"" + request.service + "\"; there are " + names()});
  }
  if (request.budget_ns <= 0) {
    return answer.fail({Code::deadline_exceeded,
                        "the deadline had passed before " + request.service + "." + request.method + " was asked"});
  }
  boost::asio::co_spawn(executor_, serve(*found->second, std::move(requester), std::move(request), std::move(answer)),
                        boost::asio::detached);
}

std::string Broker::names() const {
  std::string text;
  for (const auto& [name, service] : services_) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace slipway::services
