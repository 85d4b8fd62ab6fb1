#include "tests/contract/analyzer/analyzer_contract.hpp"

namespace slipway::test {

std::vector<AnalyzerPlugin> analyzer_plugins() {
  return {{"forecast", R"({"value": "error_ratio", "limit": 1, "windows": 5})", R"({"values": "error_ratio"})", 5,
           "version 1 only", analyzer::Verdict::pass},
          {"threshold", R"({"success": "error_ratio < 5%", "count": 1})", R"({"sucess": "error_ratio < 5%"})"},
          {"judge", R"({"metrics": [{"name": "error_ratio"}], "windows": 5, "min_points": 5})", R"({"metric": []})", 5,
           "versions 1 to 2"},
          {"sequential", R"({"guard": "none", "min_duration": "0s", "absolute_floor": 0.01})", R"({"gaurd": "none"})",
           1, "versions 1 to 2"}};
}

}  // namespace slipway::test
