#include <algorithm>

#include "host/api/conventions.hpp"
#include "host/api/routes.hpp"
#include "host/lifecycle/plugin_status.hpp"

namespace slipway::api {
namespace {

Json plugin_states() {
  Json states{"installed"};
  for (const auto& entry : enum_names(lifecycle::GenerationState{})) states.push_back(entry.second);
  return states;
}

Answer list_plugins(HostView& host, Request request) {
  // An old and a new generation of one instance differ in nothing else when only the configuration has changed.
  const auto key_of = [](const PluginView& plugin) {
    return plugin.id + "/" + plugin.version + "/" + plugin.instance + "/" +
           std::to_string(plugin.created_at.value_or(Instant{}).ns);
  };
  co_return page_response(request, page_from(host.plugins(), request, key_of));
}

Answer get_plugin(HostView& host, Request request) {
  std::vector<PluginView> list = host.plugins();
  std::erase_if(list, [&](const PluginView& plugin) { return plugin.id != request.arguments[0]; });
  if (list.empty())
    throw Refusal({Code::not_found, "there is no plugin \"" + request.arguments[0] +
                                        "\"; GET /api/plugins lists those that are installed"});
  co_return tagged(request, page_response(request, rollout::Page<PluginView>{std::move(list), ""}));
}

Answer list_bindings(HostView& host, Request request) {
  co_return page_response(request, page_from(host.bindings(), request, [](const BindingView& b) { return b.name; }));
}

Answer get_profile(HostView& host, Request request) { co_return object_response(request, host.profile()); }

Answer get_status(HostView& host, Request request) {
  StatusView view = host.status();
  auto health = co_await host.health();
  view.condition = std::string(to_name(health.condition));
  view.checks = std::move(health.checks);
  co_return tagged(request, json_response(encode(view)));
}

Answer get_health(HostView& host, Request) {
  const auto health = co_await host.health();
  co_return json_response(encode(health), health.condition == plugin::Condition::unhealthy ? 503 : 200);
}

Answer get_live(HostView&, Request) { co_return json_response({{"condition", "healthy"}}); }

Answer get_ready(HostView& host, Request request) {
  if (!host.serving())
    co_return json_response(
        {{"condition", "unhealthy"},
         {"checks", {{{"name", "host"}, {"condition", "unhealthy"}, {"detail", "starting or stopping"}}}}},
        503);
  co_return co_await get_health(host, std::move(request));
}

Answer get_metrics(HostView& host, Request) {
  co_return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = host.metrics()};
}

}  // namespace

void add_host(Operations& operations, HostView& host) {
  const auto bind = [&host](Answer (*handler)(HostView&, Request)) {
    return [&host, handler](Request request) { return handler(host, std::move(request)); };
  };
  const Schema plugin = schema<PluginView>("Plugin");
  const Schema health = schema<plugin::HealthReply>("Health");
  operations.push_back(
      {.id = "listPlugins",
       .method = "GET",
       .path = "/api/plugins",
       .summary = "What is installed, verified, loaded, and why.",
       .reply = page_schema<PluginView>("Plugin"),
       .features = Feature::paged | Feature::of_host,
       .query = {text_filter("id", "/id", "Only the versions and instances of this one."),
                 text_filter("version", "/version", "Only those of this version."),
                 text_filter("instance", "/instance", "Only the generations of this instance."),
                 choice_filter("state", "/state", plugin_states(), "Only those in this state."),
                 text_filter("interface", "/interfaces", "Only those that provide this interface."),
                 choice_filter("placement", "/placement", {"in-process", "isolated"}, "Only those that run there.")},
       .handle = bind(list_plugins),
       .item = plugin});
  operations.push_back({.id = "getPlugin",
                        .method = "GET",
                        .path = "/api/plugins/{id}",
                        .summary = "The versions and instances of one plugin.",
                        .reply = page_schema<PluginView>("Plugin"),
                        .features = Feature::etag | Feature::of_host,
                        .handle = bind(get_plugin),
                        .item = plugin});
  operations.push_back({.id = "listBindings",
                        .method = "GET",
                        .path = "/api/bindings",
                        .summary = "Names that callers use, and where they lead.",
                        .reply = page_schema<BindingView>("Binding"),
                        .features = Feature::paged | Feature::of_host,
                        .query = {text_filter("name", "/name", "Only the one with this name."),
                                  text_filter("interface", "/interface", "Only those of this interface."),
                                  text_filter("instance", "/instance", "Only those that lead to this instance."),
                                  text_filter("plugin", "/plugin", "Only those that lead to this plugin."),
                                  text_filter("version", "/version", "Only those that lead to this version of it.")},
                        .handle = bind(list_bindings),
                        .item = schema<BindingView>("Binding")});
  operations.push_back({.id = "getProfile",
                        .method = "GET",
                        .path = "/api/profile",
                        .summary = "The profile in force.",
                        .reply = schema<ProfileView>("Profile"),
                        .features = Feature::etag | Feature::of_host,
                        .handle = bind(get_profile)});
  operations.push_back({.id = "getStatus",
                        .method = "GET",
                        .path = "/api/status",
                        .summary = "The host at a glance.",
                        .reply = schema<StatusView>("Status"),
                        .features = Feature::etag | Feature::of_host,
                        .handle = bind(get_status)});
  operations.push_back({.id = "getHealth",
                        .method = "GET",
                        .path = "/health",
                        .summary = "Every check by name.",
                        .reply = health,
                        .access = Access::everybody,
                        .handle = bind(get_health)});
  operations.push_back({.id = "getLive",
                        .method = "GET",
                        .path = "/health/live",
                        .summary = "Whether the process answers.",
                        .reply = health,
                        .access = Access::everybody,
                        .handle = bind(get_live)});
  operations.push_back({.id = "getReady",
                        .method = "GET",
                        .path = "/health/ready",
                        .summary = "Whether it takes work.",
                        .reply = health,
                        .access = Access::everybody,
                        .handle = bind(get_ready)});
  operations.push_back({.id = "getMetrics",
                        .method = "GET",
                        .path = "/metrics",
                        .summary = "Metrics in Prometheus' text format.",
                        .features = Feature::of_host,
                        .reply_type = "text/plain",
                        .handle = bind(get_metrics)});
}

}  // namespace slipway::api
