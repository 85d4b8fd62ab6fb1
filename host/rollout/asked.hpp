// What the journal keeps of a question to a strategy, so that it can be put again: strategies are pure. Pure itself.
#pragma once

#include <slipway/interfaces/strategy.hpp>

namespace slipway::rollout {

struct Asked {
  std::string version;   // of the strategy's plugin
  std::string question;  // a StepRequest
};

// A question that is larger, of some thousand replicas, is not kept, only how large it was.
inline constexpr std::size_t kLongestQuestionKept = 64 * 1024;

// {"strategy": version, "question": …}: without the settings, which are the rollout's for good.
JsonText detail_of(const Asked& asked, const JsonText& settings);

}  // namespace slipway::rollout
