// Decisions of strategies, as the stored journal has them, put to the strategies again.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "host/rollout/model.hpp"

namespace slipway::sim {

// A strategy of this version, asked without any host between.
using AskStrategy = std::function<Result<std::string>(const std::string& version, const std::string& request)>;

struct Replayed {
  strategy::StepRequest question;
  strategy::StepReply answer;
};
// What was asked for this decision, from the entry itself, and what the strategy says to it now. NOT_FOUND for an entry
// that rests on no strategy's word.
Result<Replayed> replay(const rollout::JournalEntry& entry, const JsonText& settings, const AskStrategy& ask);

// How the entry differs from what its strategy says now; empty when it is the same or rests on no strategy's word.
// `before` is null for the first.
std::string fault_of_replay(const rollout::JournalEntry& entry, const rollout::JournalEntry* before,
                            const JsonText& settings, const AskStrategy& ask);
// The first fault of a whole journal.
std::string fault_of_replay(std::span<const rollout::JournalEntry> journal, const JsonText& settings,
                            const AskStrategy& ask);

}  // namespace slipway::sim
