// What `slipway deploy --simulate` asks for, as one document.
#pragma once

#include <slipway/settings.hpp>

#include "host/rollout/application_model.hpp"

namespace slipway::simulate {

struct Request {
  rollout::ApplicationSpec application;
  std::string from;
  std::string to;
  std::string recording;
  std::string group = "stable";
  std::map<std::string, double> assume;
  std::vector<std::string> inject;
  std::vector<std::string> faults;
  Duration start = slipway::seconds(5);
  Duration limit = slipway::seconds(86'400);
  bool approve = false;
  std::int64_t seed = 1;
  std::string plugins;
  static constexpr auto fields() {
    return slipway::fields(
        required("application", &Request::application, "The application."),
        field("from", &Request::from, "The release that serves; empty: none does yet."),
        required("to", &Request::to, "The release to move to."),
        field("recording", &Request::recording, "Recorded metrics: .csv or .json; empty: they are assumed."),
        field("group", &Request::group, "The group of the recording whose traffic is replayed."),
        field("assume", &Request::assume,
              "Instead of a recording: rate (requests a second), error_ratio, latency (median, in milliseconds); any "
              "other value is what it says.",
              at_most(32)),
        field("inject", &Request::inject, "Changes of the new release: NAME=+X[%]@DURATION.", at_most(16)),
        field("faults", &Request::faults, "What goes wrong: WHAT@DURATION/DURATION.", at_most(16)),
        field("start", &Request::start, "Time that a replica takes to get ready."),
        field("limit", &Request::limit, "Simulated time after which it ends at the latest."),
        field("approve", &Request::approve, "Whether somebody gives each approval that is waited for, at once."),
        field("seed", &Request::seed, "Of the draws."),
        field("plugins", &Request::plugins, "Folder with the packages; empty: found beside the program."));
  }
};

}  // namespace slipway::simulate
