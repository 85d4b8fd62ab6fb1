#include "tools/backtest/source.hpp"

#include <set>

namespace slipway::backtest {
namespace {

constexpr std::size_t kWarningsKept = 64;
constexpr std::size_t kLongestWarning = 256;  // as the host cuts them

std::vector<metrics::GroupRef> groups_of(const Question& question) {
  std::vector<metrics::GroupRef> groups;
  if (!question.next.empty()) groups.push_back({"next", question.next, {}});
  if (!question.stable.empty()) groups.push_back({"stable", question.stable, {}});
  return groups;
}

// Each sentence once, in the order in which it was first said.
class Warnings {
 public:
  void add(const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings) {
      const auto [known, is_new] = known_.insert(warning.substr(0, kLongestWarning));
      if (is_new && kept_.size() < kWarningsKept) kept_.push_back(*known);
    }
  }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> told = kept_;
    const std::size_t more = known_.size() - kept_.size();
    if (more > 0) told.push_back("and " + std::to_string(more) + " more");
    return told;
  }

 private:
  std::set<std::string> known_;
  std::vector<std::string> kept_;
};

}  // namespace

Result<Recording> recording_of(const Question& question, const AskSource& ask) {
  Recording recording{question.interval, {}};
  const std::int64_t count = (question.to - question.from).ns / question.interval.ns;
  if (Status status = check_windows(count, question.interval); !status.ok()) return status;
  metrics::QueryRequest request{
      .tenant = "", .application = question.application, .query = question.query, .groups = groups_of(question)};
  Warnings warnings;
  for (std::int64_t i = 0; i < count; ++i) {
    const Instant from = question.from + question.interval * i;
    request.window = {std::to_string(i), from, from + question.interval};
    auto reply = ask(request);
    if (!reply.ok()) return reply.status();
    recording.windows.push_back({from, std::move(reply->groups)});
    warnings.add(reply->warnings);
  }
  recording.warnings = warnings.told();
  return recording;
}

}  // namespace slipway::backtest
