#include "host/api/problem.hpp"

#include <algorithm>
#include <cctype>
#include <slipway/json.hpp>

namespace slipway::api {
namespace {

// "FAILED_PRECONDITION" as "failed-precondition".
std::string kebab(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "Bad request";
    case 401:
      return "Not authenticated";
    case 403:
      return "Not permitted";
    case 404:
      return "Not found";
    case 405:
      return "Method not allowed";
    case 408:
      return "Request took too long";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition failed";
    case 413:
      return "Too large";
    case 415:
      return "Unsupported media type";
    case 422:
      return "Unprocessable";
    case 429:
      return "Too many requests";
    case 431:
      return "Header too large";
    case 501:
      return "Not implemented";
    case 503:
      return "Unavailable";
    case 504:
      return "Took too long";
    default:
      return "Internal error";
  }
}

}  // namespace

int http_status(Code code) {
  switch (code) {
    case Code::ok:
      return 200;
    case Code::invalid_argument:
      return 400;
    case Code::unauthenticated:
      return 401;
    case Code::permission_denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::already_exists:
    case Code::failed_precondition:
      return 409;
    case Code::out_of_range:
      return 410;
    case Code::aborted:
      return 412;
    case Code::resource_exhausted:
      return 429;
    case Code::unimplemented:
      return 501;
    case Code::unavailable:
    case Code::cancelled:
      return 503;
    case Code::deadline_exceeded:
      return 504;
    default:
      return 500;
  }
}

Response problem(const Status& status, std::string_view instance) {
  return problem(http_status(status.code), status, instance);
}

Response problem(int http_status, const Status& status, std::string_view instance) {
  Json errors = Json::array();
  for (const Problem& fault : status.problems) {
    Json entry{{"pointer", fault.path}, {"message", fault.message}};
    if (!fault.value.empty()) entry["value"] = fault.value;
    errors.push_back(std::move(entry));
  }
  Response response;
  response.status = http_status;
  response.content_type = "application/problem+json";
  response.body = to_text({{"type", "urn:slipway:problem:" + kebab(name_of(status.code))},
                           {"title", title_of(http_status)},
                           {"status", http_status},
                           {"detail", status.message},
                           {"instance", instance},
                           {"code", name_of(status.code)},
                           {"errors", errors}});
  if (http_status == 429 || http_status == 503) response.headers["Retry-After"] = "1";
  if (http_status == 401) response.headers["WWW-Authenticate"] = "Bearer realm=\"slipway\"";
  return response;
}

}  // namespace slipway::api
