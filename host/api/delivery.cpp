#include "host/api/conventions.hpp"
#include "host/api/problem.hpp"
#include "host/api/routes.hpp"

namespace slipway::api {
namespace {

using rollout::Control;

Answer put_application(Control& control, Request request) {
  auto spec = body_of<rollout::ApplicationSpec>(request, "the application");
  if (spec.name != request.arguments[0]) {
    throw Refusal({Code::invalid_argument,
                   "the application is not valid",
                   {{"/name", to_text(spec.name), "want the name of the path, " + request.arguments[0]}}});
  }
  auto put = value_or_refuse(
      co_await control.put_application(actor_of(request), std::move(spec), if_match(request), mode_of(request)));
  co_return object_response(request, put.application, put.created ? 201 : 200);
}

Answer get_application(Control& control, Request request) {
  co_return object_response(request,
                            value_or_refuse(co_await control.application(actor_of(request), request.arguments[0])));
}

Answer list_applications(Control& control, Request request) {
  const auto read = [&control, actor = actor_of(request)](rollout::PageRequest page) {
    return control.applications(actor, std::move(page));
  };
  co_return co_await filtered_page(std::move(request), read);
}

Answer delete_application(Control& control, Request request) {
  value_or_refuse(co_await control.delete_application(actor_of(request), request.arguments[0], if_match(request),
                                                      mode_of(request)));
  co_return Response{.status = 204, .content_type = ""};
}

// A request that has been carried out before is answered with what it made, as that is now.
Answer made_release(Control& control, Request request) {
  co_return object_response(
      request, value_or_refuse(co_await control.release(actor_of(request), request.arguments[0], request.made)), 201);
}

Answer made_rollout(Control& control, Request request, int status) {
  co_return object_response(request, value_or_refuse(co_await control.rollout(actor_of(request), request.made)),
                            status);
}

Answer create_release(Control& control, Request request) {
  auto body = body_of<rollout::ReleaseRequest>(request, "the release");
  if (!request.made.empty()) co_return co_await made_release(control, std::move(request));
  co_return object_response(request,
                            value_or_refuse(co_await control.create_release(actor_of(request), request.arguments[0],
                                                                            std::move(body), mode_of(request))),
                            201);
}

Answer get_release(Control& control, Request request) {
  co_return object_response(request, value_or_refuse(co_await control.release(actor_of(request), request.arguments[0],
                                                                              request.arguments[1])));
}

Answer list_releases(Control& control, Request request) {
  const auto read = [&control, actor = actor_of(request), name = request.arguments[0]](rollout::PageRequest page) {
    return control.releases(actor, name, std::move(page));
  };
  co_return co_await filtered_page(std::move(request), read);
}

Answer start_rollout(Control& control, Request request) {
  auto body = body_of<rollout::RolloutRequest>(request, "the rollout");
  if (!request.made.empty()) co_return co_await made_rollout(control, std::move(request), 201);
  if (mode_of(request) == rollout::Mode::dry_run) {
    co_return json_response(encode(value_or_refuse(co_await control.plan_rollout(actor_of(request), std::move(body)))));
  }
  co_return object_response(request,
                            value_or_refuse(co_await control.start_rollout(actor_of(request), std::move(body))), 201);
}

Answer get_rollout(Control& control, Request request) {
  co_return object_response(request,
                            value_or_refuse(co_await control.rollout(actor_of(request), request.arguments[0])));
}

// By what the store's index and the engine filter.
rollout::RolloutFilter filter_of(const Request& request) {
  rollout::RolloutFilter filter;
  if (const auto found = request.query.find("application"); found != request.query.end())
    filter.application = found->second;
  filter.active_only = flag_of(request, "active");
  if (const auto found = request.query.find("state"); found != request.query.end())
    filter.state = enum_from<rollout::State>(found->second);
  return filter;
}

Answer list_rollouts(Control& control, Request request) {
  co_return page_response(
      request, value_or_refuse(co_await control.rollouts(actor_of(request), filter_of(request), page_of(request))));
}

Answer act_on_rollout(Control& control, rollout::Action action, Request request) {
  auto body = body_of<rollout::ActionRequest>(request, "the action");
  if (!request.made.empty()) co_return co_await made_rollout(control, std::move(request), 200);
  auto result = co_await control.act(actor_of(request), request.arguments[0], action, std::move(body),
                                     if_match(request), mode_of(request));
  co_return object_response(request, value_or_refuse(std::move(result)));
}

Answer get_journal(Control& control, Request request) {
  const auto read = [&control, actor = actor_of(request), id = request.arguments[0]](rollout::PageRequest page) {
    return control.journal(actor, id, std::move(page));
  };
  co_return co_await filtered_page(std::move(request), read);
}

std::string_view summary_of(rollout::Action action) {
  switch (action) {
    case rollout::Action::promote:
      return "Go one step on, or with full to the end.";
    case rollout::Action::pause:
      return "Stop moving forward.";
    case rollout::Action::resume:
      return "Go on after a pause.";
    case rollout::Action::abort:
      return "Go back to the stable release; once more, and the rest of a gradual way back is instant.";
    case rollout::Action::retry:
      return "Start over after a rollback or a failure.";
    case rollout::Action::skip:
      return "Leave out the current step.";
    case rollout::Action::rollback:
      return "Go back to a good release, also after the end.";
    case rollout::Action::approve:
      return "Give the approval that it waits for.";
  }
  return "";
}

}  // namespace

void add_delivery(Operations& operations, Control& control) {
  const auto bind = [&control](Answer (*handler)(Control&, Request)) {
    return [&control, handler](Request request) { return handler(control, std::move(request)); };
  };
  const Schema application = schema<rollout::Application>("Application");
  const Schema release = schema<rollout::Release>("Release");
  const Schema rollout = schema<rollout::Rollout>("Rollout");

  operations.push_back(
      {.id = "listApplications",
       .method = "GET",
       .path = "/api/applications",
       .summary = "Applications of the tenant.",
       .reply = page_schema<rollout::Application>("Application"),
       .features = Feature::paged,
       .query = {text_filter("strategy", "/spec/strategy/name", "Only those with this strategy."),
                 text_filter("host", "/spec/hosts", "Only those whose `hosts` name this one."),
                 text_filter("stable_release", "/stable_release", "Only those that this release serves."),
                 text_filter("environment", "/environment", "Only those of this environment.")},
       .handle = bind(list_applications),
       .item = application});
  operations.push_back({.id = "putApplication",
                        .method = "PUT",
                        .path = "/api/applications/{name}",
                        .summary = "Create or change an application.",
                        .request = schema<rollout::ApplicationSpec>("ApplicationSpec"),
                        .reply = application,
                        .features = Feature::etag | Feature::if_match | Feature::dry_run,
                        .handle = bind(put_application)});
  operations.push_back({.id = "getApplication",
                        .method = "GET",
                        .path = "/api/applications/{name}",
                        .summary = "One application.",
                        .reply = application,
                        .features = Feature::etag,
                        .handle = bind(get_application)});
  operations.push_back({.id = "deleteApplication",
                        .method = "DELETE",
                        .path = "/api/applications/{name}",
                        .summary = "Drain, stop and forget an application.",
                        .success = 204,
                        .features = Feature::if_match | Feature::dry_run,
                        .handle = bind(delete_application)});
  operations.push_back({.id = "listReleases",
                        .method = "GET",
                        .path = "/api/applications/{name}/releases",
                        .summary = "Releases of an application.",
                        .reply = page_schema<rollout::Release>("Release"),
                        .features = Feature::paged,
                        .query = {text_filter("name", "/name", "Only the one with this name."),
                                  text_filter("digest", "/spec/artefact/digest", "Only those of this artefact."),
                                  truth_filter("good", "/good", "Only those that served well, or that have not.")},
                        .handle = bind(list_releases),
                        .item = release});
  operations.push_back({.id = "createRelease",
                        .method = "POST",
                        .path = "/api/applications/{name}/releases",
                        .summary = "Record an immutable release.",
                        .request = schema<rollout::ReleaseRequest>("ReleaseRequest"),
                        .reply = release,
                        .success = 201,
                        .features = Feature::etag | Feature::dry_run | Feature::idempotent,
                        .handle = bind(create_release)});
  operations.push_back({.id = "getRelease",
                        .method = "GET",
                        .path = "/api/applications/{name}/releases/{release}",
                        .summary = "One release.",
                        .reply = release,
                        .features = Feature::etag,
                        .handle = bind(get_release)});
  operations.push_back({.id = "listRollouts",
                        .method = "GET",
                        .path = "/api/rollouts",
                        .summary = "Rollouts, newest first.",
                        .reply = page_schema<rollout::Rollout>("Rollout"),
                        .features = Feature::paged,
                        .query = {text_filter("application", "", "Only those of this application."),
                                  enum_filter<rollout::State>("state", "", "Only those in this state."),
                                  truth_filter("active", "", "Only those under way.")},
                        .handle = bind(list_rollouts),
                        .item = rollout});
  operations.push_back({.id = "startRollout",
                        .method = "POST",
                        .path = "/api/rollouts",
                        .summary = "Move an application to a release; with dry_run the plan (RolloutPlan).",
                        .request = schema<rollout::RolloutRequest>("RolloutRequest"),
                        .reply = rollout,
                        .success = 201,
                        .features = Feature::etag | Feature::dry_run | Feature::idempotent,
                        .handle = bind(start_rollout),
                        .item = schema<rollout::RolloutPlan>("RolloutPlan")});
  operations.push_back({.id = "getRollout",
                        .method = "GET",
                        .path = "/api/rollouts/{id}",
                        .summary = "One rollout: state, groups, analyses, why.",
                        .reply = rollout,
                        .features = Feature::etag,
                        .handle = bind(get_rollout)});
  operations.push_back({.id = "getJournal",
                        .method = "GET",
                        .path = "/api/rollouts/{id}/journal",
                        .summary = "Every decision and its reason, oldest first.",
                        .reply = page_schema<rollout::JournalEntry>("JournalEntry"),
                        .features = Feature::paged,
                        .query = {choice_filter("kind", "/kind",
                                                {"started", "step", "command", "verdict", "gate", "strategy",
                                                 "rollback", "verified", "ended", "resumed"},
                                                "Only decisions of this kind."),
                                  enum_filter<rollout::State>("state", "/state", "Only those that led to this state."),
                                  text_filter("actor", "/actor", "Only those that this one asked for.")},
                        .handle = bind(get_journal),
                        .item = identified(schema<rollout::JournalEntry>("JournalEntry"))});
  for (const auto& [action, name] : enum_names(rollout::Action{})) {
    operations.push_back({.id = std::string(name) + "Rollout",
                          .method = "POST",
                          .path = "/api/rollouts/{id}/" + std::string(name),
                          .summary = std::string(summary_of(action)),
                          .request = schema<rollout::ActionRequest>("ActionRequest"),
                          .reply = rollout,
                          .features = Feature::etag | Feature::if_match | Feature::dry_run | Feature::idempotent,
                          .handle = [&control, action = action](Request request) {
                            return act_on_rollout(control, action, std::move(request));
                          }});
  }
}

}  // namespace slipway::api
