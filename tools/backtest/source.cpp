#include "tools/backtest/source.hpp"

namespace slipway::backtest {
namespace {

std::vector<metrics::GroupRef> groups_of(const Question& question) {
  std::vector<metrics::GroupRef> groups;
  if (!question.next.empty()) groups.push_back({"next", question.next, {}});
  if (!question.stable.empty()) groups.push_back({"stable", question.stable, {}});
  return groups;
}

}  // namespace

Result<Recording> recording_of(const Question& question, const AskSource& ask) {
  Recording recording{question.interval, {}};
  const std::int64_t count = (question.to - question.from).ns / question.interval.ns;
  if (Status status = check_windows(count, question.interval); !status.ok()) return status;
  metrics::QueryRequest request{
      .tenant = "", .application = question.application, .query = question.query, .groups = groups_of(question)};
  for (std::int64_t i = 0; i < count; ++i) {
    const Instant from = question.from + question.interval * i;
    request.window = {std::to_string(i), from, from + question.interval};
    auto reply = ask(request);
    if (!reply.ok()) return reply.status();
    recording.windows.push_back({from, std::move(reply->groups)});
  }
  return recording;
}

}  // namespace slipway::backtest
