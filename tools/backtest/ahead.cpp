#include "tools/backtest/ahead.hpp"

#include <algorithm>
#include <cmath>

namespace slipway::backtest {
namespace {

constexpr std::int64_t kPointsOfARange = 10'000;  // Prometheus refuses more than 11,000
constexpr std::int64_t kMostBytes = std::int64_t{64} << 20;
constexpr std::string_view kInstant = "/api/v1/query";
constexpr std::string_view kTime = "&time=";

std::string seconds_text(Instant instant) {
  const std::string fraction = std::to_string(instant.ns / 1'000'000 % 1'000);
  return std::to_string(instant.ns / 1'000'000'000) + "." + std::string(3 - fraction.size(), '0') + fraction;
}

// A series of one point for each of a series' points, by its moment: "values" become "value".
void spread(const Json& series, const char* many, const char* one, std::map<std::int64_t, Json>& by_moment) {
  for (const Json& point : series.value(many, Json::array())) {
    if (!point.is_array() || point.size() != 2 || !point[0].is_number()) continue;
    Json& list = by_moment[std::llround(point[0].get<double>() * 1e3)];
    list.push_back({{"metric", series.value("metric", Json::object())}, {one, point}});
  }
}

}  // namespace

Result<services::HttpReply> Ahead::send(const services::HttpRequest& request) {
  const std::size_t at = request.body.rfind(kTime);
  const bool asks_for_samples = request.body.find("%5D&") != std::string::npos;  // a range query answers no `up[1m]`
  if (!request.url.ends_with(kInstant) || at == std::string::npos || asks_for_samples) return send_(request);
  const std::string question = request.body.substr(0, at);
  const double moment = std::stod(request.body.substr(at + kTime.size()));
  const std::int64_t milliseconds = std::llround(moment * 1e3);
  const std::int64_t index = (milliseconds - first_.ns / 1'000'000) * 1'000'000 / step_.ns / kPointsOfARange;
  auto known = known_.find({question, index});
  if (known == known_.end()) {
    auto matrix = fetch(request, question, index);
    if (!matrix.ok()) return matrix.status();
    known = known_.emplace(std::pair(question, index), *std::move(matrix)).first;
  }
  const Matrix& matrix = known->second;
  if (matrix.refused) return *matrix.refused;
  const auto found = matrix.series.find(milliseconds);
  Json data{{"resultType", "vector"}, {"result", found == matrix.series.end() ? Json::array() : found->second}};
  return services::HttpReply{
      .status = 200,
      .body = to_text({{"status", "success"}, {"data", std::move(data)}, {"warnings", matrix.warnings}})};
}

Result<Ahead::Matrix> Ahead::fetch(services::HttpRequest request, const std::string& question,
                                   std::int64_t index) const {
  const Instant from = first_ + step_ * (index * kPointsOfARange);
  const Instant to = std::min(last_, from + step_ * (kPointsOfARange - 1));
  request.url += "_range";
  request.max_reply_bytes = kMostBytes;
  request.body = question + "&start=" + seconds_text(from) + "&end=" + seconds_text(to) +
                 "&step=" + std::to_string(static_cast<double>(step_.ns) / 1e9);
  auto reply = send_(request);
  if (!reply.ok()) return reply.status();
  Matrix matrix;
  const auto document = parse_json(reply->body, {.bytes = static_cast<std::size_t>(kMostBytes)});
  const bool good = reply->status == 200 && document.ok() && document->is_object() &&
                    document->value(Json::json_pointer("/data/resultType"), "") == "matrix";
  if (!good) {
    matrix.refused = *std::move(reply);
    return matrix;
  }
  matrix.warnings = document->value("warnings", Json::array());
  for (const Json& series : document->at("data").value("result", Json::array())) {
    spread(series, "values", "value", matrix.series);
    spread(series, "histograms", "histogram", matrix.series);
  }
  return matrix;
}

}  // namespace slipway::backtest
