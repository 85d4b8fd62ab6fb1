// metrics-haproxy: what HAProxy saw of each group, from its access records and its live counters.
#include <slipway/plugin.hpp>

#include "plugins/metrics/haproxy/collector.hpp"
#include "plugins/metrics/haproxy/samples.hpp"

namespace slipway::haproxy {
namespace {

using namespace slipway::metrics;

// Nothing can be chosen: the plugin tells all it knows.
struct Query {
  static constexpr auto fields() { return slipway::fields(); }
};

struct Settings {
  std::string records_socket = "/run/slipway/records.sock";
  std::string stats_socket = "/run/slipway/haproxy.sock";
  std::string ring = "slipway_access";
  Duration sample_every = milliseconds(500);
  Duration keep = seconds(900);
  std::int64_t max_records = 2'000'000;
  static constexpr auto fields() {
    return slipway::fields(
        field("records_socket", &Settings::records_socket,
              "UNIX socket on which access records are taken; empty for none.", at_most(95)),
        field("stats_socket", &Settings::stats_socket, "HAProxy's stats socket; empty for none.", at_most(107)),
        field("ring", &Settings::ring,
              "HAProxy's ring of access records, from which the last ones of a process that is stopping are read.",
              at_most(64)),
        field("sample_every", &Settings::sample_every, "Time between two readings of the counters."),
        field("keep", &Settings::keep, "How long records are kept, which is the longest window."),
        field("max_records", &Settings::max_records, "Records that are kept at most, 16 bytes each.",
              between(1000, 100'000'000)));
  }
};

Status refusal(const QueryRequest& request, Duration keep, Instant now) {
  const auto query =
      decode<Query>(request.query.is_null() ? Json::object() : request.query, "the query", Unknown::refused);
  if (!query.ok()) return query.status();
  const Window& window = request.window;
  const std::string shown = to_string(window.from) + " to " + to_string(window.to);
  if (window.to <= window.from) return {Code::invalid_argument, "the window " + shown + " is empty"};
  if (window.to - window.from > keep)
    return {Code::invalid_argument,
            "the window " + shown + " is longer than " + to_string(keep) + ", for which records are kept"};
  if (window.to > now + seconds(5)) return {Code::out_of_range, "the window " + shown + " is not over yet"};
  return {};
}

class HaproxyMetrics final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<metrics::Interface>;
  HaproxyMetrics(Host& host, Settings settings) : Plugin(host, std::move(settings)) {
    const Settings& s = this->settings();
    if (s.records_socket.empty() && s.stats_socket.empty())
      throw Error(Code::invalid_argument, "records_socket and stats_socket are both empty: there is nothing to read");
    if (s.keep < seconds(1) || s.sample_every < milliseconds(10))
      throw Error(Code::invalid_argument, "keep wants at least 1s, sample_every at least 10ms");
  }

  void start() {
    const Settings& s = settings();
    const HistoryLimits limits{s.keep, static_cast<std::size_t>(s.max_records)};
    collector_ = std::make_unique<Collector>(
        CollectorSettings{.records_socket = s.records_socket,
                          .stats_socket = s.stats_socket,
                          .ring = s.ring,
                          .sample_every = s.sample_every,
                          .history = limits},
        CollectorEvents{.problem = [this](const std::string& text) { host().log(LogLevel::warn, text); },
                        .lost = [this](std::uint64_t n) { count("haproxy_records_lost_total", n); },
                        .doubled = [this](std::uint64_t n) { count("haproxy_records_doubled_total", n); }});
  }
  void stop() {
    if (collector_) collector_->hand_over();
  }
  plugin::HealthReply health() {
    plugin::HealthReply reply{plugin::Condition::healthy, collector_->health()};
    for (const auto& check : reply.checks) reply.condition = std::max(reply.condition, check.condition);
    return reply;
  }

  DescribeReply describe(const Empty&) { return {described(), schema_of<Query>()}; }

  void query(QueryRequest request, Completer<QueryReply> answer) {
    const Instant now{std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count()};
    if (const Status refused = refusal(request, settings().keep, now); !refused.ok()) return answer(refused);
    collector_->query(std::move(request), [shared = std::make_shared<Completer<QueryReply>>(std::move(answer))](
                                              const Result<QueryReply>& reply) { (*shared)(reply); });
  }

 private:
  void count(std::string_view name, std::uint64_t n) {
    host().metric(MetricKind::counter, name, static_cast<double>(n));
  }

  std::unique_ptr<Collector> collector_;
};

}  // namespace
}  // namespace slipway::haproxy

SLIPWAY_PLUGIN(slipway::haproxy::HaproxyMetrics)
