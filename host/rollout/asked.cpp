#include "host/rollout/asked.hpp"

namespace slipway::rollout {

// The settings are the first field, so that the others need not be written a second time.
JsonText detail_of(const Asked& asked, const JsonText& settings) {
  constexpr std::string_view kBefore = R"({"settings":,)", kNull = "null";
  const std::size_t skipped = kBefore.size() + (settings.is_null() ? kNull.size() : settings.text.size());
  const std::size_t size = asked.question.size() - skipped;
  std::string detail = R"({"strategy":)" + to_text(asked.version);
  if (size > kLongestQuestionKept) return detail + R"(,"question_bytes":)" + std::to_string(size) + "}";
  detail.append(R"(,"question":{)").append(asked.question, skipped, size).append("}");
  return detail;
}

}  // namespace slipway::rollout
