// A recording that a metrics source still has: its own package is asked, window after window, what a rollout would ask.
#pragma once

#include <functional>

#include "tools/backtest/recording.hpp"

namespace slipway::backtest {

struct Question {
  std::string application;
  Json query;
  std::string next;    // its release; empty: only the stable group is asked about
  std::string stable;  // its release
  Instant from;
  Instant to;
  Duration interval;
};

using AskSource = std::function<Result<metrics::QueryReply>(const metrics::QueryRequest&)>;

// INVALID_ARGUMENT for a time without windows or with too many; otherwise what the source fails with, at the first
// failure.
Result<Recording> recording_of(const Question& question, const AskSource& ask);

}  // namespace slipway::backtest
