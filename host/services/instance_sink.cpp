#include "host/services/instance_sink.hpp"

#include <slipway/abi/plugin.h>

#include <algorithm>
#include <slipway/json.hpp>
#include <utility>

#include "host/telemetry/trust_metrics.hpp"

namespace slipway::services {
namespace {

constexpr std::size_t kMaxText = 64 << 10;
constexpr std::size_t kMaxFields = 64;
// Of an instance's records, at once and each second.
constexpr std::int64_t kMaxBytes = 1 << 20;
// What a line has beside the words of its record: time, level, instance.
constexpr std::size_t kLineBytes = 128;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The members of a JSON object as texts.
Pairs pairs_of(std::string_view document) {
  Pairs pairs;
  if (document.empty()) return pairs;
  const auto parsed = parse_json(document, {.bytes = kMaxText, .depth = 8});
  if (!parsed.ok() || !parsed->is_object()) return pairs;
  for (const auto& [name, value] : parsed->items()) {
    if (pairs.size() == kMaxFields) break;
    pairs.emplace_back(name, value.is_string() ? value.get<std::string>() : to_text(value));
  }
  return pairs;
}

void add_request_id(Pairs& pairs, const telemetry::RequestIds& known) {
  const auto trace = std::ranges::find(pairs, "traceparent", &Pairs::value_type::first);
  if (trace == pairs.end()) return;
  if (std::string id = known.of(trace->second); !id.empty()) pairs.emplace_back("request_id", std::move(id));
}

telemetry::Level level_of(std::uint32_t level) {
  using enum telemetry::Level;
  constexpr telemetry::Level kLevels[] = {debug, info, warn, error};
  return kLevels[std::min<std::uint32_t>(level, SLIPWAY_LOG_ERROR)];
}

Requester counted(Requester requester, telemetry::Metrics& metrics) {
  requester.on_denied = [&metrics, instance = requester.instance](std::string_view permission) {
    metrics.counter(telemetry::metric::kPermissionDenied, {instance, permission}).add();
  };
  return requester;
}

}  // namespace

InstanceSink::InstanceSink(Requester requester, telemetry::Log log, telemetry::Metrics& metrics, Broker& broker,
                           const base::Clock& clock, const telemetry::RequestIds* request_ids)
    : requester_(std::make_shared<const Requester>(counted(std::move(requester), metrics))),
      log_(log.with({{"instance", requester_->instance}})),
      metrics_(metrics),
      broker_(broker),
      clock_(clock),
      request_ids_(request_ids),
      free_bytes_(kMaxBytes),
      counted_ns_(clock.steady_ns()) {}

InstanceSink::~InstanceSink() {
  if (floods_) tell_left_out();
}

// As an error, like the notice before it: a log of errors alone must not lose some in silence.
void InstanceSink::tell_left_out() { log_.error("records were left out", {{"records", std::exchange(left_out_, 0)}}); }

bool InstanceSink::may_write(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t now = clock_.steady_ns();
  const std::int64_t gained = std::min(now - counted_ns_, kSecond) * kMaxBytes / kSecond;
  if (gained > 0) {
    free_bytes_ = std::min(kMaxBytes, free_bytes_ + gained);
    counted_ns_ = now;
  }
  if (floods_ && 2 * free_bytes_ >= kMaxBytes) {
    tell_left_out();
    floods_ = false;
  }
  if (!floods_ && free_bytes_ <= 0) {
    log_.error("writes more than 1 MiB a second: its records are left out until it writes less");
    floods_ = true;
  }
  if (floods_) ++left_out_;
  if (!floods_) free_bytes_ -= static_cast<std::int64_t>(bytes);
  return !floods_;
}

void InstanceSink::log(std::uint32_t level, std::string_view message, std::string_view fields) {
  if (!log_.enabled(level_of(level))) return;
  if (!may_write(kLineBytes + std::min(message.size(), kMaxText) + std::min(fields.size(), kMaxText))) return;
  Pairs pairs = pairs_of(fields);
  if (request_ids_ != nullptr) add_request_id(pairs, *request_ids_);
  std::vector<telemetry::Field> list;
  list.reserve(pairs.size());
  for (const auto& [name, value] : pairs) list.emplace_back(name, value);
  log_.write(level_of(level), message.substr(0, kMaxText), list);
}

void InstanceSink::host_log(std::uint32_t level, std::string_view message) { log_.write(level_of(level), message); }

void InstanceSink::metric(std::uint32_t kind, std::string_view name, std::string_view labels, double value) {
  if (kind > SLIPWAY_METRIC_HISTOGRAM) return;
  using enum telemetry::MetricKind;
  constexpr telemetry::MetricKind kKinds[] = {counter, gauge, histogram};
  metrics_.record({kKinds[kind], requester_->instance, name, pairs_of(labels), value});
}

void InstanceSink::request(runtime::HostRequest request, runtime::Answerer answer) {
  broker_.request(requester_, std::move(request), std::move(answer));
}

}  // namespace slipway::services
