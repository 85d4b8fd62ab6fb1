#include <charconv>

#include "host/api/conventions.hpp"
#include "host/api/profile_control.hpp"
#include "host/api/routes.hpp"

namespace slipway::api {
namespace {

using lifecycle::Revision;

// A change under trial is taken up, not done.
int status_of(const ProfileAnswer& answer) { return answer.state == "trying" ? 202 : 200; }

Answer put_profile(ProfileControl& control, Request request) {
  auto body = body_of<ProfileRequest>(request, "the request");
  auto answer =
      value_or_refuse(co_await control.put(actor_of(request), std::move(body), if_match(request), mode_of(request)));
  co_return json_response(encode(answer));
}

Answer roll_back_profile(ProfileControl& control, Request request) {
  auto body = body_of<RollbackRequest>(request, "the request");
  auto answer = value_or_refuse(co_await control.roll_back(actor_of(request), std::move(body), mode_of(request)));
  co_return json_response(encode(answer));
}

Answer swap_binding(ProfileControl& control, Request request) {
  auto body = body_of<SwapRequest>(request, "the request");
  auto answer = value_or_refuse(
      co_await control.swap(actor_of(request), request.arguments[0], std::move(body), mode_of(request)));
  co_return json_response(encode(answer), status_of(answer));
}

Answer list_revisions(ProfileControl& control, Request request) {
  const auto read = [&control](rollout::PageRequest page) { return control.history(std::move(page)); };
  co_return co_await filtered_page(std::move(request), read);
}

Answer get_revision(ProfileControl& control, Request request) {
  const std::string& text = request.arguments[0];
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw Refusal({Code::not_found, "there is no revision \"" + text + "\" of the profile; want a number"});
  const Revision revision = value_or_refuse(co_await control.revision(number));
  co_return tagged(request, json_response(shown(request, revision)), revision.digest);
}

}  // namespace

void add_profile(Operations& operations, ProfileControl& control) {
  const auto bind = [&control](Answer (*handler)(ProfileControl&, Request)) {
    return [&control, handler](Request request) { return handler(control, std::move(request)); };
  };
  const Schema answer = schema<ProfileAnswer>("ProfileAnswer");
  const Schema revision = identified(schema<Revision>("Revision"));
  operations.push_back({.id = "putProfile",
                        .method = "PUT",
                        .path = "/api/profile",
                        .summary = "Plans another profile (dry_run), or puts it in force without one failed call.",
                        .request = schema<ProfileRequest>("ProfileRequest"),
                        .reply = answer,
                        .features = Feature::if_match | Feature::dry_run | Feature::of_host,
                        .handle = bind(put_profile)});
  operations.push_back({.id = "rollBackProfile",
                        .method = "POST",
                        .path = "/api/profile/rollback",
                        .summary = "Puts an earlier revision in force again, planned like any other change.",
                        .request = schema<RollbackRequest>("RollbackRequest"),
                        .reply = answer,
                        .features = Feature::dry_run | Feature::idempotent | Feature::of_host,
                        .handle = bind(roll_back_profile)});
  operations.push_back({.id = "listRevisions",
                        .method = "GET",
                        .path = "/api/profile/history",
                        .summary = "Every profile that was in force, newest first.",
                        .reply = page_schema<Revision>("Revision"),
                        .features = Feature::paged | Feature::of_host,
                        .query = {text_filter("author", "/author", "Only those that this one made."),
                                  text_filter("digest", "/digest", "Only those with this profile.")},
                        .handle = bind(list_revisions),
                        .item = revision});
  operations.push_back({.id = "getRevision",
                        .method = "GET",
                        .path = "/api/profile/history/{number}",
                        .summary = "One revision of the profile.",
                        .reply = revision,
                        .features = Feature::etag | Feature::of_host,
                        .handle = bind(get_revision)});
  operations.push_back({.id = "swapBinding",
                        .method = "POST",
                        .path = "/api/bindings/{name}/swap",
                        .summary = "Goes over to another version of a binding's plugin, at once or with a share first.",
                        .request = schema<SwapRequest>("SwapRequest"),
                        .reply = answer,
                        .features = Feature::dry_run | Feature::idempotent | Feature::of_host,
                        .handle = bind(swap_binding)});
}

}  // namespace slipway::api
