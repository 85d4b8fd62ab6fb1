// acme.greeter: a metrics source that asks each replica GET <path> once a window, and counts what it hears.
#include <slipway/interfaces/metrics.hpp>
#include <slipway/metrics_answers.hpp>
#include <slipway/plugin.hpp>

namespace acme_greeter {
namespace {

namespace metrics = slipway::metrics;
using slipway::task;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  slipway::Duration timeout = slipway::seconds(1);
  static constexpr auto fields() {
    return slipway::fields(slipway::field("timeout", &Settings::timeout, "How long to wait for one replica."));
  }
};

// What an analysis asks.
struct Query {
  std::string path = "/healthz";
  static constexpr auto fields() {
    return slipway::fields(slipway::field("path", &Query::path, "Path of the request.", slipway::between(1, 2048)));
  }
};

class Metrics final : public slipway::Plugin<Settings> {
 public:
  using Serves = slipway::Interfaces<metrics::Interface>;
  using Plugin::Plugin;

  [[nodiscard]] metrics::DescribeReply describe(const slipway::Empty&) const {
    metrics::DescribeReply reply;
    reply.metrics = {{"requests", "1", "Replicas that were asked."},
                     {"failures", "1", "Replicas that did not answer with 2xx."},
                     {"error_ratio", "1", "failures / requests"}};
    reply.query_schema = slipway::schema_of<Query>();
    return reply;
  }

  // The same question gets the same numbers again, so that nothing is counted twice.
  task<metrics::QueryReply> query(metrics::QueryRequest request) {
    const std::string key = metrics::Answers::key_of(request);
    if (const auto known = answers_.find(key)) co_return *known;
    const Query asked = value_or_throw(slipway::decode<Query>(request.query, "the query", slipway::Unknown::refused));
    metrics::QueryReply reply;
    for (const metrics::GroupRef& group : request.groups) reply.groups.push_back(co_await ask(group, asked.path));
    co_return answers_.keep(key, std::move(reply));
  }

 private:
  task<metrics::GroupSamples> ask(const metrics::GroupRef& group, const std::string& path) {
    double failures = 0;
    for (const std::string& address : group.addresses) {
      const bool good = co_await is_good("http://" + address + path);
      failures += good ? 0 : 1;
    }
    metrics::GroupSamples samples;
    samples.role = group.role;
    const auto requests = static_cast<double>(group.addresses.size());
    // A number that could not be had is absent, never 0.
    if (requests == 0) {
      samples.completeness = 0;
      samples.problem = "no replica is ready";
    } else {
      samples.values = {{"requests", requests}, {"failures", failures}, {"error_ratio", failures / requests}};
    }
    co_return samples;
  }
  task<bool> is_good(std::string url) {
    slipway::services::HttpRequest question;
    question.url = std::move(url);
    try {
      const auto answer = co_await host().http(std::move(question), settings().timeout);
      co_return answer.status / 100 == 2;
    } catch (const slipway::Error& error) {
      // Given up by the caller, or not allowed: that says nothing of the replica.
      const auto code = error.status().code;
      if (code == slipway::Code::cancelled || code == slipway::Code::permission_denied) throw;
      co_return false;
    }
  }

  metrics::Answers answers_{256};
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_PLUGIN(acme_greeter::Metrics)
