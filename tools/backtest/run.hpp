// An analysis over a recording, as a rollout would make it: a look after each window, until one passes or fails.
#pragma once

#include <functional>
#include <slipway/interfaces/analyzer.hpp>

#include "tools/backtest/recording.hpp"

namespace slipway::backtest {

using Ask = std::function<Result<analyzer::JudgeReply>(const analyzer::JudgeRequest&)>;

struct Look {
  Instant at;  // the window's end
  analyzer::Verdict verdict = analyzer::Verdict::proceed;
  std::string code;
  std::string reason;
  Json evidence;
  std::optional<double> next_requests;
  std::optional<double> stable_requests;
};

struct Run {
  Instant started;
  std::string method;
  std::vector<Look> looks;

  [[nodiscard]] analyzer::Verdict verdict() const { return looks.back().verdict; }
  [[nodiscard]] bool decided() const {
    return verdict() == analyzer::Verdict::pass || verdict() == analyzer::Verdict::fail;
  }
};

// Fails with what the analyzer answers when it refuses. `alpha_share` is the analysis' share of the rollout's alpha.
Result<Run> run(const Recording& recording, const Json& settings, double alpha_share, const Ask& ask);

}  // namespace slipway::backtest
