#include "plugins/metrics/prometheus/answer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace slipway::prometheus {
namespace {

constexpr std::size_t kShown = 300;

Status nothing(std::string why) { return {Code::not_found, std::move(why)}; }
Status nonsense(const std::string& what) { return {Code::unavailable, "Prometheus answered nonsense: " + what}; }

double number(const std::string& text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : std::nan("");
}

// A point is [time, "value"].
bool read_point(const Json& point, Series& series) {
  if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_string()) return false;
  series.times.push_back(std::llround(point[0].get<double>() * 1e3));
  series.points.push_back(number(point[1].get_ref<const std::string&>()));
  return true;
}

double number(const Json& text) { return text.is_string() ? number(text.get_ref<const std::string&>()) : std::nan(""); }

// A bucket is [which bounds belong to it, "lower", "upper", "count"]; buckets come from the lowest to the highest.
bool read_bucket(const Json& from, NativeBucket& bucket) {
  if (!from.is_array() || from.size() != 4) return false;
  bucket = {number(from[1]), number(from[2]), number(from[3])};
  return std::isfinite(bucket.count) && bucket.lower <= bucket.upper;
}

// A native histogram is [time, {"count", "sum", "buckets"}]; an empty one has no buckets.
bool read_native(const Json& point, Series& series) {
  if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_object()) return false;
  const Json buckets = point[1].value("buckets", Json::array());
  series.times.push_back(std::llround(point[0].get<double>() * 1e3));
  NativeHistogram& native = series.native.emplace_back();
  native.count = number(point[1].value("count", Json()));
  return buckets.is_array() && std::isfinite(native.count) &&
         std::all_of(buckets.begin(), buckets.end(),
                     [&](const Json& one) { return read_bucket(one, native.buckets.emplace_back()); });
}

bool read_series(const Json& from, Series& series) {
  if (!from.is_object()) return false;
  const Json labels = from.value("metric", Json::object());
  if (!labels.is_object()) return false;
  for (const auto& [name, value] : labels.items())
    series.labels[name] = value.is_string() ? value.get<std::string>() : "";
  if (from.contains("value")) return read_point(from["value"], series);
  if (from.contains("histogram")) return read_native(from["histogram"], series);
  if (const Json all = from.value("histograms", Json()); all.is_array() && !all.empty())
    return std::all_of(all.begin(), all.end(), [&](const Json& p) { return read_native(p, series); });
  const Json points = from.value("values", Json());
  return points.is_array() &&
         std::all_of(points.begin(), points.end(), [&](const Json& p) { return read_point(p, series); });
}

Result<Found> read_data(const Json& data, Found found) {
  const Json type = data.is_object() ? data.value("resultType", Json()) : Json();
  const Json result = data.is_object() ? data.value("result", Json()) : Json();
  if (!result.is_array()) return nonsense("there is no result");
  if (type == "scalar") {
    Series series;
    if (!read_point(result, series)) return nonsense("a scalar that is none");
    found.series.push_back(std::move(series));
    return found;
  }
  if (type != "vector" && type != "matrix") return nonsense("a result of type " + to_text(type));
  for (const Json& one : result) {
    if (!read_series(one, found.series.emplace_back())) return nonsense("a series that is none");
  }
  return found;
}

Code code_of(std::int32_t http, const std::string& type) {
  if (http == 401) return Code::unauthenticated;
  if (http == 403) return Code::permission_denied;
  if (type == "bad_data" || type == "execution" || http == 400 || http == 422) return Code::invalid_argument;
  if (type == "timeout" || type == "canceled") return Code::deadline_exceeded;
  return Code::unavailable;
}

Status failure(const services::HttpReply& reply, const Result<Json>& document) {
  const bool told = document.ok() && document->is_object();
  const Json type = told ? document->value("errorType", Json()) : Json();
  const Json text = told ? document->value("error", Json()) : Json();
  const std::string said = text.is_string() ? text.get<std::string>() : reply.body;
  return {code_of(reply.status, type.is_string() ? type.get<std::string>() : ""),
          "Prometheus answered with status " + std::to_string(reply.status) + ": " + said.substr(0, kShown)};
}

std::optional<double> reduced(const std::vector<double>& all, Reduce reduce) {
  std::vector<double> points;
  std::copy_if(all.begin(), all.end(), std::back_inserter(points), [](double p) { return std::isfinite(p); });
  if (points.empty()) return std::nullopt;
  double sum = 0;
  for (const double point : points) sum += point;
  switch (reduce) {
    case Reduce::avg:
      return sum / static_cast<double>(points.size());
    case Reduce::min:
      return *std::min_element(points.begin(), points.end());
    case Reduce::max:
      return *std::max_element(points.begin(), points.end());
    case Reduce::sum:
      return sum;
    case Reduce::last:
      return points.back();
  }
  return std::nullopt;
}

std::int64_t whole(double count) { return std::llround(std::clamp(count, 0.0, 9e15)); }

// Rounded as sums, so that many small parts of a rate do not vanish.
std::vector<metrics::Bucket> buckets_of(const std::vector<NativeBucket>& native) {
  std::vector<metrics::Bucket> buckets;
  double sum = 0;
  for (const NativeBucket& bucket : native) {
    const std::int64_t before = whole(sum);
    sum += std::max(0.0, bucket.count);
    buckets.push_back({std::isinf(bucket.upper) ? std::nullopt : std::optional(bucket.upper), whole(sum) - before});
  }
  return buckets;
}

}  // namespace

double bound_of(const Series& series) {
  const auto label = series.labels.find("le");
  return label == series.labels.end() ? std::nan("") : number(label->second);
}

Result<Found> parse_answer(const services::HttpReply& reply) {
  const auto document = parse_json(reply.body, {.bytes = std::size_t{16} << 20});
  if (reply.status != 200) return failure(reply, document);
  if (!document.ok()) return nonsense(document.status().message);
  if (!document->is_object() || document->value("status", Json()) != "success") return failure(reply, document);
  Found found;
  for (const char* field : {"warnings", "infos"}) {
    const Json list = document->value(field, Json::array());
    for (const Json& text : list.is_array() ? list : Json::array())
      if (text.is_string() && found.warnings.size() < 16)
        found.warnings.push_back(text.get<std::string>().substr(0, kShown));
  }
  return read_data(document->value("data", Json()), std::move(found));
}

Result<double> number_of(const Found& answer, Reduce reduce) {
  if (answer.series.empty()) return nothing("no series");
  if (answer.series.size() > 1)
    return nothing(std::to_string(answer.series.size()) + " series, want one: aggregate them");
  const auto value = reduced(answer.series.front().points, reduce);
  if (!value) return nothing("no number (NaN or infinite)");
  return *value;
}

Result<std::vector<metrics::Bucket>> histogram_of(const Found& answer, Reduce reduce) {
  if (answer.series.empty()) return nothing("no series");
  if (answer.series.size() == 1 && !answer.series.front().native.empty())
    return buckets_of(answer.series.front().native.back().buckets);
  std::map<double, double> upto;
  for (const Series& series : answer.series) {
    if (!series.native.empty()) return nothing("several series, one of them a native histogram: aggregate them");
    const double upper = bound_of(series);
    if (std::isnan(upper)) return nothing("a series without a number as its label \"le\"");
    const auto count = reduced(series.points, reduce);
    if (!count) return nothing("no number (NaN or infinite)");
    if (!upto.emplace(upper, *count).second) return nothing("two series for one bucket: aggregate them by (le)");
  }
  std::vector<metrics::Bucket> buckets;
  std::int64_t before = 0;
  for (const auto& [upper, count] : upto) {
    const std::int64_t all = whole(count);
    buckets.push_back(
        {std::isinf(upper) ? std::nullopt : std::optional(upper), std::max<std::int64_t>(0, all - before)});
    before = std::max(before, all);
  }
  return buckets;
}

}  // namespace slipway::prometheus
