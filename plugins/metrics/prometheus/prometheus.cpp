// metrics-prometheus: values by PromQL from a Prometheus server, or one that speaks its HTTP API.
#include <slipway/metrics_answers.hpp>
#include <slipway/plugin.hpp>

#include "plugins/metrics/prometheus/answer.hpp"
#include "plugins/metrics/prometheus/base64.hpp"
#include "plugins/metrics/prometheus/bounds.hpp"
#include "plugins/metrics/prometheus/growth.hpp"
#include "plugins/metrics/prometheus/native.hpp"

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
  Duration delay = seconds(2);
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
        field("delay", &Settings::delay,
              "How far windows lie back: the numbers are of the time from `delay` before the window's begin to `delay` "
              "before its end, so that scrapes which were under way at its end are complete. At least what the slowest "
              "target takes to answer; the scrape_timeout is always enough. Windows that are shorter than it "
              "are refused. 0s to 1m."),
        field("max_reply_bytes", &Settings::max_reply_bytes, "The largest answer that is read.",
              between(1024, 8 << 20)));
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
  Window window;  // as Prometheus is asked
  Names names;
  const Login& login;
};

// What Prometheus told for one group: of its counters, those of buckets last, and of its histograms; and which of these
// can't be compared with another group's.
struct Told {
  std::vector<Found> counters;
  std::vector<Found> histograms;
};
using Faults = std::map<std::string, Status>;

class Prometheus final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<metrics::Interface>;
  Prometheus(Host& host, Settings settings) : Plugin(host, std::move(settings)) {
    const Settings& s = this->settings();
    if (!s.url.starts_with("http://") && !s.url.starts_with("https://"))
      throw Error(Code::invalid_argument, "url \"" + s.url + "\" does not begin with http:// or https://");
    if (s.delay < Duration{0} || s.delay > seconds(60))
      throw Error(Code::invalid_argument, "delay " + to_string(s.delay) + " is not 0s to 1m");
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
    const Duration delay = settings().delay;
    const Window window{request.window.id, request.window.from - delay, request.window.to - delay};
    QueryReply reply;
    std::vector<Asked> asked;
    std::vector<Told> told;  // of each group
    for (const GroupRef& group : request.groups) {
      const Names names{request.tenant, request.application, group.release, group.role,
                        request.window.to - request.window.from};
      asked.push_back({query, window, names, login});
      told.emplace_back().counters = co_await ask_counters(asked.back(), reply.warnings);
      told.back().histograms = co_await ask_histograms(asked.back(), reply.warnings);
    }
    const Faults faults = make_comparable(asked, told, reply.warnings);
    for (std::size_t i = 0; i < asked.size(); ++i)
      reply.groups.push_back(co_await ask_group(asked[i], told[i], faults, reply.warnings));
    co_return answers_.keep(key, std::move(reply));
  }

 private:
  [[nodiscard]] Query accepted(const QueryRequest& request) const {
    Query query = value_or_throw(read_query(request.query));
    const Window& window = request.window;
    const Duration length = window.to - window.from;
    const Duration delay = settings().delay;
    if (length <= Duration{0}) throw Error(Code::invalid_argument, "the window is empty");
    // Whoever judges it looks back no further than one window for what was true in the time that it is of.
    if (length < delay)
      throw Error(Code::invalid_argument, "the window of " + to_string(length) +
                                              " is shorter than the plugin's delay of " + to_string(delay) +
                                              "; want an analysis with an interval of at least " + to_string(delay) +
                                              ", or a shorter delay in the plugin's config");
    if (query.kind == Kind::range && length.ns / query.step.ns > kMostPoints)
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
  task<GroupSamples> ask_group(const Asked& asked, const Told& told, const Faults& faults,
                               std::vector<std::string>& warnings) {
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
    auto histogram = told.histograms.begin();
    for (const auto& [name, promql] : asked.query.histograms) {
      const auto fault = faults.find(name);
      auto buckets = fault == faults.end() ? histogram_of(*histogram, asked.query.reduce) : fault->second;
      ++histogram;
      if (buckets.ok())
        samples.histograms[name] = std::move(*buckets), ++had;
      else
        note(samples, name, buckets.status());
    }
    had += co_await count(asked, told.counters, faults, samples, warnings);
    samples.completeness = had / static_cast<double>(wanted(asked.query));
    co_return samples;
  }
  static void note(GroupSamples& samples, const std::string& name, const Status& status) {
    samples.problem += (samples.problem.empty() ? "" : "; ") + name + ": " + status.message;
  }

  task<std::vector<Found>> ask_counters(const Asked& asked, std::vector<std::string>& warnings) {
    std::vector<std::string> selectors;
    for (const auto& [name, selector] : asked.query.counters) selectors.push_back(selector);
    for (const auto& [name, selector] : asked.query.bucket_counters) selectors.push_back(selector);
    std::vector<Found> told;
    for (const std::string& selector : selectors) {
      const std::string promql = over(selector, asked.names.window + asked.query.lookback);
      told.push_back(co_await ask(asked, promql, warnings, Kind::instant));
    }
    co_return told;
  }
  task<std::vector<Found>> ask_histograms(const Asked& asked, std::vector<std::string>& warnings) {
    std::vector<Found> told;
    for (const auto& [name, promql] : asked.query.histograms) told.push_back(co_await ask(asked, promql, warnings));
    co_return told;
  }

  // Of all groups the same buckets.
  static Faults make_comparable(const std::vector<Asked>& asked, std::vector<Told>& told,
                                std::vector<std::string>& warnings) {
    Faults faults;
    if (asked.empty()) return faults;
    const auto share = [&](const std::string& name, const auto& answer_of) {
      std::vector<OfGroup> answers;
      for (std::size_t i = 0; i < told.size(); ++i) answers.push_back({asked[i].names.role, &answer_of(told[i])});
      auto left_out = share_bounds(answers);
      if (!left_out.ok()) faults.emplace(name, left_out.status());
      if (left_out.ok() && !left_out->empty()) warn(warnings, name + ": " + *left_out);
    };
    const Query& query = asked.front().query;
    std::size_t place = 0;
    for (const auto& [name, promql] : query.histograms) {
      share(name, [place](Told& one) -> Found& { return one.histograms[place]; });
      ++place;
    }
    place = query.counters.size();
    for (const auto& [name, selector] : query.bucket_counters) {
      std::vector<Found*> of_groups;
      for (Told& one : told) of_groups.push_back(&one.counters[place]);
      make_classic(of_groups);
      share(name, [place](Told& one) -> Found& { return one.counters[place]; });
      ++place;
    }
    return faults;
  }

  // All samples before any growth, for what one counter's scrapes tell of its target is true of the others.
  task<double> count(const Asked& asked, const std::vector<Found>& told, const Faults& faults, GroupSamples& samples,
                     std::vector<std::string>& warnings) {
    const Scrapes scrapes(told);
    const std::set<Target> missing = co_await ask_missing(asked, scrapes, warnings);

    double covered = 0;
    auto found = told.begin();
    const auto take = [&](const std::string& name, const std::string& by, const auto& keep) {
      const auto growth = growth_of(*found++, asked.window, by, scrapes, missing);
      const Status status = growth.ok() ? keep(growth->sums) : growth.status();
      if (!status.ok()) return note(samples, name, status);
      covered += growth->covered;
      for (std::string& doubt : doubts_of(*growth, name, asked.names.role)) warn(warnings, std::move(doubt));
    };
    for (const auto& [name, selector] : asked.query.counters)
      take(name, kAll, [&](const Found& sums) {
        samples.values[name] = sums.series.front().points.front();
        return Status();
      });
    for (const auto& [name, selector] : asked.query.bucket_counters)
      take(name, kBound, [&](const Found& sums) {
        if (const auto fault = faults.find(name); fault != faults.end()) return fault->second;
        auto buckets = histogram_of(sums, Reduce::last);
        if (buckets.ok()) samples.histograms[name] = std::move(*buckets);
        return buckets.status();
      });
    co_return covered;
  }
  // Of the targets that told nothing, those that Prometheus still looks at.
  task<std::set<Target>> ask_missing(const Asked& asked, const Scrapes& scrapes, std::vector<std::string>& warnings) {
    const std::set<Target> silent = scrapes.silent(asked.window);
    std::set<std::string> instances;
    Duration reach = asked.names.window;
    for (const Target& target : silent) {
      if (const auto instance = target.find("instance"); instance != target.end()) instances.insert(instance->second);
      reach = std::max(reach, milliseconds(scrapes.due_after(target).value_or(0)));
    }
    if (instances.empty()) co_return std::set<Target>();
    try {
      const std::string promql = over(up_of(instances), reach);
      const Found up = co_await ask(asked, promql, warnings, Kind::instant);
      co_return tried(silent, up);
    } catch (const Error& error) {
      if (!is_refusal(error.status().code)) throw;
      warn(warnings, asked.names.role +
                         ": a target told nothing, and whether it ended is not known, for up may not be asked: " +
                         to_string(error.status()));
    }
    co_return std::set<Target>();
  }
  // What a proxy says that lets through some queries only.
  static bool is_refusal(Code code) {
    return code == Code::invalid_argument || code == Code::unauthenticated || code == Code::permission_denied;
  }
  static std::string over(const std::string& selector, Duration reach) {
    return selector + "[" + std::to_string(std::max<std::int64_t>(1, reach.ns / 1'000'000)) + "ms]";
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
