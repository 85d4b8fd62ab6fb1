// What `slipway analysis backtest` asks for, as one document.
#pragma once

#include <slipway/settings.hpp>

namespace slipway::backtest {

struct Request {
  std::string file;
  std::optional<Instant> from;
  std::optional<Instant> to;
  std::string analyzer = "sequential";
  Json settings = Json::object();
  double alpha_share = 1;
  std::optional<Share> weight;
  std::optional<Share> split;
  std::string split_group = "stable";
  std::int32_t runs = 1;
  std::vector<std::string> inject;
  std::int64_t seed = 1;
  std::string html;
  std::string plugins;
  // Of a server:
  Json query = Json::object();
  Duration interval = slipway::seconds(15);
  std::string application;
  std::string next;
  std::string stable;
  Json source = Json::object();
  static constexpr auto fields() {
    return slipway::fields(
        required("file", &Request::file, "The recorded metrics: .csv or .json, or the URL of a Prometheus server."),
        field("from", &Request::from, "Begin, inclusive; absent: the recording's."),
        field("to", &Request::to, "End, exclusive; absent: the recording's."),
        field("analyzer", &Request::analyzer, "The plugin's id, with or without analyzer-."),
        field("settings", &Request::settings, "The analyzer's settings."),
        field("alpha_share", &Request::alpha_share, "The analysis' share of alpha, above 0 and at most 1."),
        field("weight", &Request::weight, "Of the new release, in every window; absent: the recording's."),
        field("split", &Request::split, "Part of one group's requests that plays the new release."),
        field("split_group", &Request::split_group, "The group that is split."),
        field("runs", &Request::runs, "How often it is split anew.", between(1, 10'000)),
        field("inject", &Request::inject, "Changes of the new release: NAME=+X[%]@DURATION.", at_most(16)),
        field("seed", &Request::seed, "Of the draws."),
        field("html", &Request::html, "File for a page with charts; empty: none."),
        field("plugins", &Request::plugins, "Folder with the packages; empty: found beside the program."),
        field("query", &Request::query, "What a server is asked, as in an application's analysis."),
        field("interval", &Request::interval, "Length of a window of a server."),
        field("application", &Request::application, "For the query's ${application}."),
        field("next", &Request::next, "The new release, for the query's ${release}; empty: there is none."),
        field("stable", &Request::stable, "The old release."),
        field("source", &Request::source, "Settings of the server's plugin, but for its url."));
  }
};

}  // namespace slipway::backtest
