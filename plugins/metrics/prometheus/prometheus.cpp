// metrics-prometheus: values by PromQL from a Prometheus server, or one that speaks its HTTP API.
#include <slipway/metrics_answers.hpp>
#include <slipway/plugin.hpp>

#include "plugins/metrics/prometheus/answer.hpp"
#include "plugins/metrics/prometheus/base64.hpp"

namespace slipway::prometheus {
namespace {

using namespace slipway::metrics;

constexpr std::size_t kRemembered = 1024;
constexpr std::int64_t kMostPoints = 11'000;  // more are refused by Prometheus itself

struct Settings {
  std::string url = "http://127.0.0.1:9090";
  std::string bearer;
  std::string username;
  std::string password;
  std::map<std::string, std::string> headers;
  Duration timeout = seconds(5);
  std::int64_t max_reply_bytes = 4 << 20;
  static constexpr auto fields() {
    return slipway::fields(
        field("url", &Settings::url, "Where Prometheus is, without /api/v1.", between(8, 2048)),
        field("bearer", &Settings::bearer, "Secret reference of a bearer token (\"env:NAME\"); empty for none.",
              at_most(256)),
        field("username", &Settings::username, "Name for HTTP basic authentication; empty for none.", at_most(256)),
        field("password", &Settings::password, "Secret reference of its password.", at_most(256)),
        field("headers", &Settings::headers, "Further request headers.", at_most(16)),
        field("timeout", &Settings::timeout, "Time for one query."),
        field("max_reply_bytes", &Settings::max_reply_bytes, "The largest answer that is read.",
              between(1024, 16 << 20)));
  }
};

std::string seconds_text(Instant instant) {
  const std::string fraction = std::to_string(instant.ns % 1'000'000'000 / 1'000'000);
  return std::to_string(instant.ns / 1'000'000'000) + "." + std::string(3 - fraction.size(), '0') + fraction;
}

// One group of a query under way.
struct Asked {
  const Query& query;
  const Window& window;
  Names names;
  std::string authorization;
};

class Prometheus final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<metrics::Interface>;
  Prometheus(Host& host, Settings settings) : Plugin(host, std::move(settings)) {
    const Settings& s = this->settings();
    if (!s.url.starts_with("http://") && !s.url.starts_with("https://"))
      throw Error(Code::invalid_argument, "url \"" + s.url + "\" does not begin with http:// or https://");
    if (!s.bearer.empty() && !s.username.empty())
      throw Error(Code::invalid_argument, "bearer and username are both set; want one of them");
    if (s.username.empty() != s.password.empty())
      throw Error(Code::invalid_argument, "username and password go together; one of them is empty");
  }

  DescribeReply describe(const Empty&) {
    return {{{"*", "", "Whatever the queries are named and tell."}}, schema_of<Query>()};
  }

  task<QueryReply> query(QueryRequest request) {
    const Query query = accepted(request);
    const std::string key = Answers::key_of(request);
    if (auto known = answers_.find(key)) co_return std::move(*known);
    const std::string authorization = co_await authorize(request.tenant);
    QueryReply reply;
    for (const GroupRef& group : request.groups) {
      const Names names{request.tenant, request.application, group.release, group.role,
                        request.window.to - request.window.from};
      const Asked asked{query, request.window, names, authorization};
      GroupSamples samples = co_await ask_group(asked, reply.warnings);
      reply.groups.push_back(std::move(samples));
    }
    co_return answers_.keep(key, std::move(reply));
  }

 private:
  static Query accepted(const QueryRequest& request) {
    Query query = value_or_throw(read_query(request.query));
    const Window& window = request.window;
    if (window.to <= window.from) throw Error(Code::invalid_argument, "the window is empty");
    if (query.kind == Kind::range && (window.to - window.from).ns / query.step.ns > kMostPoints)
      throw Error(Code::invalid_argument,
                  "a step of " + to_string(query.step) + " makes more than 11000 points of the window");
    return query;
  }

  task<std::string> authorize(std::string tenant) {
    const Settings& s = settings();
    const std::string reference = s.bearer.empty() ? s.password : s.bearer;
    if (reference.empty()) co_return "";
    std::vector<std::string> references{reference};
    const auto values = co_await host().secrets(std::move(tenant), std::move(references));
    const auto secret = values.find(reference);
    if (secret == values.end())
      throw Error(Code::failed_precondition, "the secret \"" + reference + "\" was not resolved");
    co_return s.bearer.empty() ? "Basic " + base64(s.username + ":" + secret->second) : "Bearer " + secret->second;
  }

  task<GroupSamples> ask_group(const Asked& asked, std::vector<std::string>& warnings) {
    GroupSamples samples{.role = asked.names.role};
    std::size_t had = 0;
    for (const auto& [name, promql] : asked.query.queries) {
      const Found found = co_await ask(asked, promql, warnings);
      const auto value = number_of(found, asked.query.reduce);
      if (value.ok())
        samples.values[name] = *value, ++had;
      else
        note(samples, name, value.status());
    }
    for (const auto& [name, promql] : asked.query.histograms) {
      const Found found = co_await ask(asked, promql, warnings);
      auto buckets = histogram_of(found, asked.query.reduce);
      if (buckets.ok())
        samples.histograms[name] = std::move(*buckets), ++had;
      else
        note(samples, name, buckets.status());
    }
    const std::size_t wanted = asked.query.queries.size() + asked.query.histograms.size();
    samples.completeness = static_cast<double>(had) / static_cast<double>(wanted);
    co_return samples;
  }
  static void note(GroupSamples& samples, const std::string& name, const Status& status) {
    samples.problem += (samples.problem.empty() ? "" : "; ") + name + ": " + status.message;
  }

  task<Found> ask(const Asked& asked, const std::string& promql, std::vector<std::string>& warnings) {
    services::HttpRequest request = request_of(asked, value_or_throw(substituted(promql, asked.names)));
    const services::HttpReply reply = co_await host().http(std::move(request), settings().timeout);
    Found found = value_or_throw(parse_answer(reply));
    for (std::string& text : found.warnings) {
      if (warnings.size() < 64 && std::find(warnings.begin(), warnings.end(), text) == warnings.end())
        warnings.push_back(std::move(text));
    }
    co_return found;
  }
  services::HttpRequest request_of(const Asked& asked, const std::string& promql) const {
    const Settings& s = settings();
    const bool range = asked.query.kind == Kind::range;
    services::HttpRequest request;
    request.method = "POST";
    request.url = s.url + (s.url.ends_with('/') ? "" : "/") + "api/v1/" + (range ? "query_range" : "query");
    request.headers = s.headers;
    request.headers["content-type"] = "application/x-www-form-urlencoded";
    if (!asked.authorization.empty()) request.headers["authorization"] = asked.authorization;
    request.max_reply_bytes = s.max_reply_bytes;
    request.body = "query=" + url_encoded(promql) +
                   "&timeout=" + std::to_string(std::max<std::int64_t>(1, s.timeout.ns / 1'000'000)) + "ms";
    if (!range) request.body += "&time=" + seconds_text(asked.window.to);
    if (range)
      request.body += "&start=" + seconds_text(asked.window.from) + "&end=" + seconds_text(asked.window.to) +
                      "&step=" + std::to_string(static_cast<double>(asked.query.step.ns) / 1e9);
    return request;
  }

  Answers answers_{kRemembered};
};

}  // namespace
}  // namespace slipway::prometheus

SLIPWAY_PLUGIN(slipway::prometheus::Prometheus)
