#include "tests/contract/analyzer/analyzer_contract.hpp"

namespace slipway::test {

std::vector<AnalyzerPlugin> analyzer_plugins() {
  return {{"threshold", R"({"success": "error_ratio < 5%", "count": 1})", R"({"sucess": "error_ratio < 5%"})"}};
}

}  // namespace slipway::test
