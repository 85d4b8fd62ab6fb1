// A rollout, its why and its plan, for people.
#include <algorithm>
#include <slipway/values.hpp>

#include "tools/cli/commands.hpp"
#include "tools/cli/evidence.hpp"

namespace slipway::cli {
namespace {

std::string bar(const Json& weight) {
  constexpr int kWidth = 20;
  const int filled = weight.is_number_integer() ? static_cast<int>(weight.get<std::int64_t>() * kWidth / 1'000'000) : 0;
  std::string text;
  for (int i = 0; i < kWidth; ++i) text += i < filled ? "█" : "░";
  return text;
}

std::string groups_text(const Terminal& terminal, const Json& rollout) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& group : rollout.value("groups", Json::array())) {
    const Json weight = group.value("weight", Json());
    rows.push_back({"  " + group.value("role", ""), group.value("release", ""), ready_text(group),
                    bar(weight) + " " + share(weight), terminal.paint(Colour::red, group.value("problem", ""))});
  }
  return rows.empty() ? "" : table({"  GROUP", "RELEASE", "READY", "TRAFFIC", ""}, rows);
}

std::string analyses_text(const Terminal& terminal, const Json& rollout) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& analysis : rollout.value("analyses", Json::array())) {
    const std::string verdict = analysis.value("verdict", "");
    const Json evidence = analysis.value("evidence", Json());
    rows.push_back({"  " + analysis.value("name", ""), terminal.paint(colour_of_state(verdict), verdict),
                    std::to_string(analysis.value("measurements", 0)), evidence_words(evidence),
                    estimate_words(evidence), analysis.value("reason", "")});
  }
  return rows.empty() ? "" : table({"  ANALYSIS", "VERDICT", "LOOKS", "EVIDENCE", "ESTIMATE", "REASON"}, rows);
}

std::string gates_text(const Terminal& terminal, const Json& rollout) {
  std::string text;
  for (const Json& gate : rollout.value("gates", Json::array())) {
    const std::string state = gate.value("state", "");
    text += "  gate " + gate.value("name", "") + ": " + terminal.paint(colour_of_state(state), state) + " " +
            gate.value("reason", "") + "\n";
  }
  return text;
}

std::string step_of(const Json& rollout) {
  const int steps = rollout.value("steps", 0);
  if (steps == 0) return "";
  return ", step " + std::to_string(std::min(rollout.value("step", 0) + 1, steps)) + " of " + std::to_string(steps);
}

std::string moment_of(const Json& why, const char* name, const char* words) {
  if (!why.contains(name) || !why[name].is_string()) return "";
  const std::string left = time_left(why[name]);
  return std::string(words) + why[name].get<std::string>().substr(0, 19) + "Z" +
         (left.empty() ? "" : " (" + left + ")");
}

// Who else knows more than what was stored.
std::string source_of(const Json& why) {
  const std::string stored = moment_of(why, "as_of", "  as of     ");
  if (stored.empty()) return "";
  const std::string host = why.value("host", "");
  return stored +
         (host.empty() ? ": no host works on it now" : ": " + host + " works on it; ask there for what it sees now") +
         "\n";
}

// A role's replicas and share at a moment of a plan.
std::string cell_of(const Json& moment, const std::string& role) {
  for (const Json& group : moment.value("groups", Json::array())) {
    if (group.value("role", "") == role)
      return std::to_string(group.value("replicas", 0)) + " at " + share(group["weight"]);
  }
  return "-";
}

}  // namespace

std::string rollout_text(const Terminal& terminal, const Json& rollout) {
  const std::string state = rollout.value("state", "");
  const std::string from = rollout.value("from_release", "");
  std::string text = rollout.value("application", "") + ": " + (from.empty() ? "" : from + " → ") +
                     rollout.value("to_release", "") + ", " + rollout["strategy"].value("name", "") + ", " +
                     terminal.paint(colour_of_state(state), state) + step_of(rollout) + "\n";
  text += groups_text(terminal, rollout) + analyses_text(terminal, rollout) + gates_text(terminal, rollout);
  return text + why_text(terminal, rollout);
}

std::string why_text(const Terminal& terminal, const Json& rollout) {
  const Json& why = rollout["why"];
  std::string text = "  waits for " + why.value("waits_for", "nothing") + moment_of(why, "since", " since ") +
                     moment_of(why, "until", " until ") + "\n";
  if (const std::string next = why.value("next", ""); !next.empty()) text += "  then      " + next + "\n";
  text += "  because   " + why.value("reason", "") + "\n";
  for (const Json& detail : why.value("details", Json::array()))
    text += "            " + terminal.paint(Colour::yellow, detail.get<std::string>()) + "\n";
  return text + source_of(why);
}

std::string plan_text(const Json& plan) {
  const Json moments = plan.value("moments", Json::array());
  const bool compares =
      std::any_of(moments.begin(), moments.end(), [](const Json& one) { return cell_of(one, "baseline") != "-"; });
  std::vector<std::string> head{"AFTER", "STEP", "STABLE", "NEXT", "REASON"};
  if (compares) head.insert(head.end() - 1, "BASELINE");
  std::vector<std::vector<std::string>> rows;
  for (const Json& moment : moments) {
    auto& row = rows.emplace_back();
    row = {brief(moment.value("at", std::string())), std::to_string(moment.value("step", 0) + 1),
           cell_of(moment, "stable"), cell_of(moment, "next"), moment.value("reason", "")};
    if (compares) row.insert(row.end() - 1, cell_of(moment, "baseline"));
  }
  std::string text = plan.value("application", "") + ": " + plan.value("from_release", "") + " → " +
                     plan.value("to_release", "") + " by " + plan["strategy"].value("name", "") + "\n";
  text += table(head, rows);
  text += "earliest end after " + brief(plan.value("earliest_end", std::string())) +
          (plan.value("needs_a_person", false) ? ", and somebody must promote or approve on the way" : "") + "\n";
  for (const Json& note : plan.value("notes", Json::array())) text += "note: " + note.get<std::string>() + "\n";
  return text;
}

}  // namespace slipway::cli
