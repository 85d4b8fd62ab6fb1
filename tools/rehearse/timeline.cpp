#include "tools/cli/output.hpp"
#include "tools/rehearse/simulation.hpp"

namespace slipway::simulate {
namespace {

std::string groups_cell(const rollout::JournalEntry& entry) {
  std::string text;
  for (const strategy::Group& group : entry.groups) {
    text += (text.empty() ? "" : ", ") + group.role + " " + std::to_string(group.replicas) + " at " +
            cli::share(group.weight);
  }
  return text;
}

}  // namespace

std::string text_of(const Outcome& outcome) {
  std::vector<std::vector<std::string>> rows;
  const Instant begin = outcome.journal.empty() ? Instant{} : outcome.journal.front().at;
  for (const rollout::JournalEntry& entry : outcome.journal) {
    rows.push_back({cli::brief(entry.at - begin), entry.kind, std::string(to_name(entry.state)), groups_cell(entry),
                    entry.reason + (entry.actor.empty() ? "" : " (" + entry.actor + ")")});
  }
  const std::string end = outcome.stopped.empty() ? "" : ": " + outcome.stopped;
  return cli::table({"AFTER", "KIND", "STATE", "GROUPS", "REASON"}, rows) + outcome.rollout.application + " " +
         outcome.rollout.to_release + " is " + std::string(to_name(outcome.rollout.state)) + " after " +
         cli::brief(outcome.lasted) + end + "\n";
}

Json document_of(const Outcome& outcome) {
  Json document{{"rollout", encode(outcome.rollout)}, {"lasted", to_string(outcome.lasted)}};
  if (!outcome.stopped.empty()) document["stopped"] = outcome.stopped;
  for (const rollout::JournalEntry& entry : outcome.journal) document["journal"].push_back(encode(entry));
  return document;
}

}  // namespace slipway::simulate
