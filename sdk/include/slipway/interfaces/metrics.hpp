// slipway.metrics/1: reads what groups of replicas did in a window of time. A source does the I/O (scrapes, probes,
// queries); judging is the analyzer's work.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::metrics {

inline constexpr std::string_view kId = "slipway.metrics/1";

// A group that is asked about, with what a source may need to find it.
struct GroupRef {
  std::string role;
  std::string release;
  std::vector<std::string> addresses;
  static constexpr auto fields() {
    return slipway::fields(
        required("role", &GroupRef::role, "\"next\" for the judged group, \"stable\" for the one it is compared with."),
        required("release", &GroupRef::release, "Version of the release that it runs."),
        field("addresses", &GroupRef::addresses, "host:port of each ready replica."));
  }
};

// The same stretch of wall-clock time for every group. A query for an id that was answered before gives the same
// numbers, so nothing is counted twice.
struct Window {
  std::string id;
  Instant from;
  Instant to;
  static constexpr auto fields() {
    return slipway::fields(required("id", &Window::id, "Unique name of the window."),
                           required("from", &Window::from, "Its begin, inclusive."),
                           required("to", &Window::to, "Its end, exclusive."));
  }
};

struct QueryRequest {
  std::string tenant;
  std::string application;
  Json query;
  std::vector<GroupRef> groups;
  Window window;
  static constexpr auto fields() {
    return slipway::fields(
        required("tenant", &QueryRequest::tenant, "Tenant of the application."),
        required("application", &QueryRequest::application, "The application."),
        field("query", &QueryRequest::query, "What is asked, in the source's own terms (see describe)."),
        required("groups", &QueryRequest::groups, "The groups asked about.", at_most(8)),
        required("window", &QueryRequest::window, "The time asked about."));
  }
};

// Upper bound in the source's unit (microseconds for latency) and the number of observations at or below it that lie
// above the bound before. The last bound may be absent: no limit.
struct Bucket {
  std::optional<double> upper;
  std::int64_t count = 0;
  static constexpr auto fields() {
    return slipway::fields(field("upper", &Bucket::upper, "Upper bound, inclusive; absent for the last."),
                           required("count", &Bucket::count, "Observations in this bucket."));
  }
};

// One case of a scripted check.
struct Case {
  std::string name;
  bool passed = false;
  std::string detail;
  static constexpr auto fields() {
    return slipway::fields(required("name", &Case::name, "The case."),
                           required("passed", &Case::passed, "Whether it held."),
                           field("detail", &Case::detail, "What was seen, for a person."));
  }
};

// What one group did. A value that could not be had is absent: never 0 and never invented.
struct GroupSamples {
  std::string role;
  std::map<std::string, double> values;
  std::map<std::string, std::vector<Bucket>> histograms;
  std::vector<Case> cases;
  double completeness = 1.0;
  std::string problem;
  static constexpr auto fields() {
    return slipway::fields(
        required("role", &GroupSamples::role, "The group."),
        field("values", &GroupSamples::values,
              "Numbers by name: requests, failures, error_ratio, latency_p99 (milliseconds) and so on."),
        field("histograms", &GroupSamples::histograms, "Distributions by name."),
        field("cases", &GroupSamples::cases, "Results of scripted checks."),
        field("completeness", &GroupSamples::completeness, "Part of the window that the numbers cover, 0 to 1."),
        field("problem", &GroupSamples::problem, "Why numbers are missing, for a person."));
  }
};

struct QueryReply {
  std::vector<GroupSamples> groups;
  std::vector<std::string> warnings;
  static constexpr auto fields() {
    return slipway::fields(required("groups", &QueryReply::groups, "One entry for each group asked about."),
                           field("warnings", &QueryReply::warnings, "What the source itself warned about."));
  }
};

struct Metric {
  std::string name;
  std::string unit;
  std::string doc;
  static constexpr auto fields() {
    return slipway::fields(required("name", &Metric::name, "Name in GroupSamples.values or histograms."),
                           field("unit", &Metric::unit, "Unit."), field("doc", &Metric::doc, "What it counts."));
  }
};

struct DescribeReply {
  std::vector<Metric> metrics;
  Json query_schema;
  static constexpr auto fields() {
    return slipway::fields(field("metrics", &DescribeReply::metrics, "What the source can tell."),
                           field("query_schema", &DescribeReply::query_schema, "JSON Schema of QueryRequest.query."));
  }
};

struct Describe {
  static constexpr std::string_view name = "describe";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.describe(std::forward<decltype(rest)>(rest)...)) {
    return plugin.describe(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "What the source can tell, and how it is asked.";
  using Request = Empty;
  using Reply = DescribeReply;
};
struct Query {
  static constexpr std::string_view name = "query";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.query(std::forward<decltype(rest)>(rest)...)) {
    return plugin.query(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "What groups did in a window. UNAVAILABLE when the source can't be reached.";
  using Request = QueryRequest;
  using Reply = QueryReply;
};
struct Interface : MethodList<Describe, Query> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::metrics
