// What came out of a backtest, as a document and for people.
#pragma once

#include "tools/backtest/request.hpp"
#include "tools/backtest/run.hpp"

namespace slipway::backtest {

struct Summary {
  Request request;
  Recording recording;  // as it was judged first
  Run first;
  std::vector<Run> runs;                   // all of them, without their looks but the last; the first too
  std::optional<Duration> injected_after;  // begin of the earliest injection
};

Json document_of(const Summary& summary);
// A line for each change of the verdict, and what all runs together say.
std::string text_of(const Summary& summary);
// A page that needs no other file: evidence against its threshold, the estimate with its band, the traffic.
std::string page_of(const Summary& summary);

}  // namespace slipway::backtest
