// metrics-prometheus: values by PromQL from a Prometheus server, or one that speaks its HTTP API.
#include <slipway/metrics_answers.hpp>
#include <slipway/plugin.hpp>

#include "plugins/metrics/prometheus/answer.hpp"
#include "plugins/metrics/prometheus/base64.hpp"
#include "plugins/metrics/prometheus/growth.hpp"

namespace slipway::prometheus {
namespace {

using namespace slipway::metrics;

constexpr std::size_t kRemembered = 1024;
const std::string kAll;
const std::string kBound = "le";
constexpr std::int64_t kMostPoints = 11'000;  // more are refused by Prometheus itself

struct Settings {
  std::string url = "http://127.0.0.1:9090";
  std::string bearer;
  std::string username;
  std::string password;
  std::string authorities;
  std::string certificate;
  std::string key;
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
        field("authorities", &Settings::authorities,
              "Secret reference of the authorities (PEM) that vouch for the server; empty for the machine's.",
              at_most(256)),
        field("certificate", &Settings::certificate,
              "Secret reference of the certificate (PEM) to show to the server; empty for none.", at_most(256)),
        field("key", &Settings::key, "Secret reference of its private key (PEM, not encrypted).", at_most(256)),
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

// What the references of the settings stand for.
struct Login {
  std::string authorization;
  std::optional<services::HttpTls> tls;
};

// One group of a query under way.
struct Asked {
  const Query& query;
  const Window& window;
  Names names;
  const Login& login;
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
    if (s.certificate.empty() != s.key.empty())
      throw Error(Code::invalid_argument, "certificate and key go together; one of them is empty");
    if (has_tls() && !s.url.starts_with("https://"))
      throw Error(Code::invalid_argument,
                  "url \"" + s.url + "\" has no use for authorities and certificate; want https://");
  }

  DescribeReply describe(const Empty&) {
    return {{{"*", "", "Whatever the queries are named and tell."}}, schema_of<Query>()};
  }

  task<QueryReply> query(QueryRequest request) {
    const Query query = accepted(request);
    const std::string key = Answers::key_of(request);
    if (auto known = answers_.find(key)) co_return std::move(*known);
    const Login login = co_await log_in(request.tenant);
    QueryReply reply;
    for (const GroupRef& group : request.groups) {
      const Names names{request.tenant, request.application, group.release, group.role,
                        request.window.to - request.window.from};
      const Asked asked{query, request.window, names, login};
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

  [[nodiscard]] bool has_tls() const { return !settings().authorities.empty() || !settings().certificate.empty(); }

  task<Login> log_in(std::string tenant) {
    const Settings& s = settings();
    std::vector<std::string> references;
    for (const std::string* one : {&s.bearer, &s.password, &s.authorities, &s.certificate, &s.key})
      if (!one->empty()) references.push_back(*one);
    if (references.empty()) co_return Login();
    const auto values = co_await host().secrets(std::move(tenant), references);
    for (const std::string& reference : references)
      if (!values.contains(reference))
        throw Error(Code::failed_precondition, "the secret \"" + reference + "\" was not resolved");
    co_return login_of(values);
  }
  [[nodiscard]] Login login_of(const std::map<std::string, std::string>& secrets) const {
    const Settings& s = settings();
    const auto value = [&](const std::string& reference) { return reference.empty() ? "" : secrets.at(reference); };
    Login login;
    if (!s.bearer.empty()) login.authorization = "Bearer " + value(s.bearer);
    if (!s.username.empty()) login.authorization = "Basic " + base64(s.username + ":" + value(s.password));
    if (has_tls()) login.tls = services::HttpTls{value(s.authorities), value(s.certificate), value(s.key)};
    return login;
  }

  // Complete is what the mean of the numbers covers. A query whose PromQL is free is taken to cover its window.
  task<GroupSamples> ask_group(const Asked& asked, std::vector<std::string>& warnings) {
    GroupSamples samples{.role = asked.names.role};
    double had = 0;
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
    for (const auto& [name, selector] : asked.query.counters) {
      const auto grown = co_await ask_growth(asked, name, selector, kAll, warnings);
      if (grown.ok())
        samples.values[name] = grown->sums.series.front().points.front(), had += grown->covered;
      else
        note(samples, name, grown.status());
    }
    for (const auto& [name, selector] : asked.query.bucket_counters) {
      const auto grown = co_await ask_growth(asked, name, selector, kBound, warnings);
      auto buckets = grown.ok() ? histogram_of(grown->sums, Reduce::last) : grown.status();
      if (buckets.ok())
        samples.histograms[name] = std::move(*buckets), had += grown->covered;
      else
        note(samples, name, buckets.status());
    }
    samples.completeness = had / static_cast<double>(wanted(asked.query));
    co_return samples;
  }
  static void note(GroupSamples& samples, const std::string& name, const Status& status) {
    samples.problem += (samples.problem.empty() ? "" : "; ") + name + ": " + status.message;
  }

  // One series for each value of the label `by`, and the part of the window that they cover.
  struct Grown {
    Found sums;
    double covered = 0;
  };
  task<Result<Grown>> ask_growth(const Asked& asked, const std::string& name, const std::string& selector,
                                 const std::string& by, std::vector<std::string>& warnings) {
    const Duration reach = asked.names.window + asked.query.lookback;
    const std::string samples = selector + "[" + std::to_string(reach.ns / 1'000'000) + "ms]";
    const Found found = co_await ask(asked, samples, warnings, Kind::instant);
    const auto grown = growth_of(found, asked.window, by);
    if (!grown.ok()) co_return grown.status();
    if (auto told = told_restarts(*grown, name, asked.names.role)) warn(warnings, std::move(*told));
    Grown all;
    for (const Growth& growth : *grown) {
      all.sums.series.push_back(growth.series);
      all.covered += growth.covered / static_cast<double>(grown->size());
    }
    co_return all;
  }
  static void warn(std::vector<std::string>& warnings, std::string text) {
    if (warnings.size() < 64 && std::find(warnings.begin(), warnings.end(), text) == warnings.end())
      warnings.push_back(std::move(text));
  }

  task<Found> ask(const Asked& asked, const std::string& promql, std::vector<std::string>& warnings) {
    return ask(asked, promql, warnings, asked.query.kind);
  }
  task<Found> ask(const Asked& asked, const std::string& promql, std::vector<std::string>& warnings, Kind kind) {
    services::HttpRequest request = request_of(asked, value_or_throw(substituted(promql, asked.names)), kind);
    const services::HttpReply reply = co_await host().http(std::move(request), settings().timeout);
    Found found = value_or_throw(parse_answer(reply));
    for (std::string& text : found.warnings) warn(warnings, std::move(text));
    co_return found;
  }
  services::HttpRequest request_of(const Asked& asked, const std::string& promql, Kind kind) const {
    const Settings& s = settings();
    const bool range = kind == Kind::range;
    services::HttpRequest request;
    request.method = "POST";
    request.url = s.url + (s.url.ends_with('/') ? "" : "/") + "api/v1/" + (range ? "query_range" : "query");
    request.headers = s.headers;
    request.headers["content-type"] = "application/x-www-form-urlencoded";
    if (!asked.login.authorization.empty()) request.headers["authorization"] = asked.login.authorization;
    request.tls = asked.login.tls;
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
