#include "tests/contract/strategy/strategy_contract.hpp"

namespace slipway::test {

std::vector<StrategyPlugin> strategy_plugins() {
  return {
      {"rolling", R"({"max_surge": 1, "min_ready": "2s", "analyses": "errors", "progress_deadline": "1m"})",
       R"({"max_sruge": 1})"},
      {"blue-green",
       R"({"smoke": "smoke", "switch_steps": [{"weight": "10%", "pause": "5s"}, {"weight": "60%", "analyses": "errors"}],
                             "verify": "errors", "progress_deadline": "1m"})",
       R"({"smok": "smoke"})"},
      {"canary",
       R"({"steps": [{"weight": "5%"}, {"analysis": "errors"}, {"weight": "50%"}, {"pause": {"duration": "5s"}}],
                         "analyses": "errors", "progress_deadline": "1m"})",
       R"({"step": []})"}};
}

}  // namespace slipway::test
