#include "host/services/http_target.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "host/services/http_client.hpp"

namespace slipway::services {

Result<HttpTarget> parse_target(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  const bool http = parsed && parsed->scheme_id() == boost::urls::scheme::http;
  const bool https = parsed && parsed->scheme_id() == boost::urls::scheme::https;
  if ((!http && !https) || parsed->host().empty()) {
    return Status(
        Code::invalid_argument, "http.send: no URL of this form: http://host/path or https://host/path",
        {{"/url", url.substr(0, url.find('?')), "want an absolute URL with scheme http or https and a host"}});
  }
  if (parsed->has_userinfo()) {
    return Status(Code::invalid_argument, "http.send: a URL with credentials in it",
                  {{"/url", "", "want the credentials in the Authorization header"}});
  }
  HttpTarget target;
  target.origin.secure = https;
  target.origin.host = parsed->host_address();
  target.origin.port =
      parsed->has_port() && !parsed->port().empty() ? std::string(parsed->port()) : (https ? "443" : "80");
  target.authority = std::string(parsed->encoded_host_and_port());
  target.path = parsed->encoded_target().empty() ? "/" : std::string(parsed->encoded_target());
  if (target.path[0] != '/') target.path.insert(0, "/");
  target.shown = std::string(parsed->scheme()) + "://" + target.authority + std::string(parsed->encoded_path());
  return target;
}

Result<std::string> host_of_url(const std::string& url) {
  auto target = parse_target(url);
  if (!target.ok()) return target.status();
  return target->origin.host;
}

}  // namespace slipway::services
