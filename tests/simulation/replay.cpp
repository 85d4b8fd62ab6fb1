#include "tests/simulation/replay.hpp"

#include <algorithm>

namespace slipway::sim {
namespace {

using rollout::JournalEntry;

// The detail of an entry that rests on a strategy's word.
struct AskedThen {
  std::optional<std::string> strategy;
  JsonText question;
  static constexpr auto fields() {
    return slipway::fields(field("strategy", &AskedThen::strategy, "The version that was asked."),
                           field("question", &AskedThen::question, "What it was asked, without the settings."));
  }
};

std::string with_settings(std::string question, const JsonText& settings) {
  if (!question.ends_with('}')) return question;
  question.pop_back();
  return question + (question == "{" ? "" : ",") + R"("settings":)" + (settings.is_null() ? "null" : settings.text) +
         "}";
}

// Whether these were ordered as they were answered, or the weights wait for replicas that are not ready.
bool same_groups(const std::vector<strategy::Group>& ordered, std::vector<strategy::Group> answered,
                 const JournalEntry* before) {
  for (strategy::Group& group : answered) group.carriers.reset();  // no part of an order
  if (ordered == answered) return true;
  const auto weight_before = [&](const std::string& role) {
    for (const auto& group : before == nullptr ? std::vector<strategy::Group>() : before->groups) {
      if (group.role == role) return group.weight;
    }
    return std::uint32_t{0};
  };
  return std::all_of(ordered.begin(), ordered.end(),
                     [&](const auto& group) { return group.weight == weight_before(group.role); });
}

std::string fault_of_answer(const JournalEntry& entry, const JournalEntry* before, const strategy::StepReply& answer) {
  if (answer.outcome == strategy::Outcome::failed)
    return entry.reason.find(answer.reason) == std::string::npos ? "the strategy gives it up: " + answer.reason : "";
  if (answer.outcome == strategy::Outcome::promoted && entry.kind != "step") return {};  // a gate has the word
  if (entry.kind != "step") return "the strategy goes on: " + answer.reason;
  if (entry.reason != answer.reason || entry.step != answer.step) return "the strategy says: " + answer.reason;
  const bool promoted = answer.outcome == strategy::Outcome::promoted;  // what is left is the engine's
  return promoted || same_groups(entry.groups, answer.groups, before) ? "" : "the strategy wants other groups";
}

}  // namespace

Result<Replayed> replay(const JournalEntry& entry, const JsonText& settings, const AskStrategy& ask) {
  if (entry.detail.is_null()) return Status(Code::not_found, "no strategy was asked");
  const auto asked = decode_text<AskedThen>(entry.detail.text, "the detail");
  if (!asked.ok()) return asked.status();
  if (!asked->strategy) return Status(Code::not_found, "no strategy was asked");
  auto question = decode_text<strategy::StepRequest>(with_settings(asked->question.text, settings), "the question");
  if (!question.ok()) return question.status();
  const auto text = ask(*asked->strategy, encode_text(*question));
  if (!text.ok()) return Status(Code::internal, to_string(text.status()));
  auto answer = decode_text<strategy::StepReply>(*text, "the answer");
  if (!answer.ok()) return answer.status();
  return Replayed{std::move(*question), std::move(*answer)};
}

std::string fault_of_replay(const JournalEntry& entry, const JournalEntry* before, const JsonText& settings,
                            const AskStrategy& ask) {
  const auto again = replay(entry, settings, ask);
  if (again.status().code == Code::not_found) return {};
  const std::string fault = again.ok() ? fault_of_answer(entry, before, again->answer) : to_string(again.status());
  return fault.empty() ? "" : "\"" + entry.reason + "\" was decided; asked again, " + fault;
}

std::string fault_of_replay(std::span<const JournalEntry> journal, const JsonText& settings, const AskStrategy& ask) {
  const JournalEntry* before = nullptr;
  for (const JournalEntry& entry : journal) {
    if (std::string fault = fault_of_replay(entry, before, settings, ask); !fault.empty()) return fault;
    if (!entry.groups.empty()) before = &entry;
  }
  return {};
}

}  // namespace slipway::sim
