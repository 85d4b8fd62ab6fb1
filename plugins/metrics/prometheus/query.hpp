// What Prometheus is asked: the document of QueryRequest.query, and how a group's names get into PromQL. Pure.
#pragma once

#include <set>
#include <slipway/interfaces/metrics.hpp>

namespace slipway::prometheus {

enum class Kind { instant, range };
constexpr auto enum_names(Kind) {
  return std::array<EnumName<Kind>, 2>{{{Kind::instant, "instant"}, {Kind::range, "range"}}};
}
// What becomes of the points of a range, and of several series.
enum class Reduce { avg, min, max, sum, last };
constexpr auto enum_names(Reduce) {
  return std::array<EnumName<Reduce>, 5>{
      {{Reduce::avg, "avg"}, {Reduce::min, "min"}, {Reduce::max, "max"}, {Reduce::sum, "sum"}, {Reduce::last, "last"}}};
}

struct Query {
  std::map<std::string, std::string> queries;
  std::map<std::string, std::string> histograms;
  std::map<std::string, std::string> counters;
  std::map<std::string, std::string> bucket_counters;
  Duration lookback = seconds(300);
  Kind kind = Kind::instant;
  Duration step = seconds(1);
  Reduce reduce = Reduce::avg;
  static constexpr auto fields() {
    return slipway::fields(
        field("queries", &Query::queries,
              "PromQL by the name of the value. ${application}, ${release}, ${role} and ${tenant} inside quotes are "
              "replaced by the "
              "group's own, ${window} by the window's length (\"30s\").",
              at_most(32)),
        field("histograms", &Query::histograms,
              "PromQL by the name of the histogram; its series have a label \"le\" with upper bounds and count up, or "
              "it is "
              "one native histogram.",
              at_most(8)),
        field(
            "counters", &Query::counters,
            "Series selector by the name of the value: what these counters have grown by from the last scrape before "
            "the window to the last one in it, together. Counters that begin anew count from zero and are told; those "
            "that are new to Prometheus count from their first scrape, unless the scrape before it shows that they "
            "did not exist.",
            at_most(32)),
        field("bucket_counters", &Query::bucket_counters,
              "The same by the name of the histogram, for counters with a label \"le\" or native histograms.",
              at_most(8)),
        field("lookback", &Query::lookback,
              "Counters: a series without a scrape in this time before the window is new in it."),
        field("kind", &Query::kind, "instant: evaluated at the window's end. range: over the window, in steps."),
        field("step", &Query::step, "Range: time between two points."),
        field("reduce", &Query::reduce, "Range: what becomes of the points of the one series."));
  }
};

// Values and histograms that it asks for.
std::size_t wanted(const Query& query);

// INVALID_ARGUMENT with every fault.
Result<Query> read_query(const Json& query);

struct Names {
  std::string tenant, application, release, role;
  Duration window;
};
// The names are escaped for the quotes that they stand in; inside a regular expression (=~) also for that.
// INVALID_ARGUMENT for a name outside of quotes or one that is unknown.
Result<std::string> substituted(std::string_view promql, const Names& names);

// Selects what Prometheus itself notes of each scrape of these targets.
std::string up_of(const std::set<std::string>& instances);

std::string url_encoded(std::string_view text);

}  // namespace slipway::prometheus
