#include "tools/backtest/source.hpp"

#include <algorithm>

namespace slipway::backtest {
namespace {

constexpr std::size_t kWarningsKept = 64;

std::vector<metrics::GroupRef> groups_of(const Question& question) {
  std::vector<metrics::GroupRef> groups;
  if (!question.next.empty()) groups.push_back({"next", question.next, {}});
  if (!question.stable.empty()) groups.push_back({"stable", question.stable, {}});
  return groups;
}

void add(std::vector<std::string>& known, std::vector<std::string> warnings) {
  for (std::string& warning : warnings) {
    const bool is_known = std::find(known.begin(), known.end(), warning) != known.end();
    if (!is_known && known.size() < kWarningsKept) known.push_back(std::move(warning));
  }
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
    add(recording.warnings, std::move(reply->warnings));
  }
  return recording;
}

}  // namespace slipway::backtest
