// Conditions of the threshold analyzer: whatever is accepted evaluates, and speaks of its deciding comparison.
#include "plugins/analyzers/threshold/expression.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto expression = threshold::parse(fuzz::text_of(data, size));
  if (!expression.ok()) {
    fuzz::require(!expression.status().message.empty(), "a refusal has a reason");
    return 0;
  }
  fuzz::require(expression->nodes.size() <= threshold::kMostNodes, "the nodes are bounded");
  const threshold::Lookup lookup = [](const std::string& name) -> std::optional<double> {
    return name.size() % 3 == 0 ? std::nullopt : std::optional(static_cast<double>(name.size()));
  };
  const auto outcome = threshold::evaluate(*expression, lookup);
  fuzz::require((outcome.truth == threshold::Truth::missing) == !outcome.missing.empty(), "what is missing has a name");
  fuzz::require(threshold::is_comparison(expression->nodes[outcome.decisive].op), "a comparison decides");
  fuzz::require(!threshold::speak(*expression, outcome.decisive, lookup).right.empty(), "a comparison can be said");
  return 0;
}
