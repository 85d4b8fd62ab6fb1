#include "host/api/conventions.hpp"
#include "host/api/routes.hpp"

namespace slipway::api {
namespace {

using rollout::Control;
using rollout::Draining;

Answer list_hosts(Control& control, Request request) {
  auto hosts = value_or_refuse(co_await control.hosts(actor_of(request)));
  auto page = page_from(std::move(hosts), request, [](const rollout::HostInfo& host) { return host.name; });
  co_return page_response(request, page);
}

Answer drain_host(Control& control, Draining draining, Request request) {
  auto host = co_await control.drain_host(actor_of(request), request.arguments[0], draining, mode_of(request));
  co_return json_response(shown(request, value_or_refuse(std::move(host))));
}

}  // namespace

void add_hosts(Operations& operations, Control& control) {
  const Schema host = identified(schema<rollout::HostInfo>("Host"));
  operations.push_back({.id = "listHosts",
                        .method = "GET",
                        .path = "/api/hosts",
                        .summary = "The hosts that share the store, and their work.",
                        .reply = page_schema<rollout::HostInfo>("Host"),
                        .features = Feature::paged,
                        .query = {enum_filter<rollout::HostState>("state", "/state", "Only those in this state."),
                                  text_filter("slipwayd", "/slipwayd", "Only those with this version of slipwayd.")},
                        .handle = [&control](Request request) { return list_hosts(control, std::move(request)); },
                        .item = host});
  const auto add = [&](const std::string& word, const std::string& summary, Draining draining) {
    operations.push_back({.id = word + "Host",
                          .method = "POST",
                          .path = "/api/hosts/{name}/" + word,
                          .summary = summary,
                          .reply = host,
                          .features = Feature::dry_run,
                          .handle = [&control, draining](Request request) {
                            return drain_host(control, draining, std::move(request));
                          }});
  };
  add("drain", "Give the host's work to the others.", Draining::yes);
  add("undrain", "Let the host take its share of the work again.", Draining::no);
}

}  // namespace slipway::api
