#include "tests/simulation/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace slipway::calibration {
namespace {

struct Table {
  std::string title;
  std::string lines;
};

// In the order of the tests, which run one after the other.
std::vector<Table>& tables() {
  static std::vector<Table> list;
  return list;
}

class Page final : public testing::Environment {
 public:
  void TearDown() override {
    const char* const file = std::getenv("SLIPWAY_CALIBRATION_PAGE");
    if (file == nullptr) return;
    std::ofstream page(file);
    page << "# The sequential analyzer, calibrated\n\nWritten by its calibration (`tools/characteristics "
            "--calibration`): "
         << runs()
         << " simulated rollouts for each figure, half as many for latency;\n6,000 requests a look unless the "
         << "line says otherwise. As a test it holds each figure to what is wanted.\n";
    for (const Table& table : tables())
      page << "\n## " << table.title << "\n\n| of | wanted | measured |\n| --- | --- | --- |\n" << table.lines;
    EXPECT_TRUE(page.flush()) << "cannot write " << file;
  }
};
const testing::Environment* const kPage = testing::AddGlobalTestEnvironment(new Page);

}  // namespace

int runs() {
  const char* const wanted = std::getenv("SLIPWAY_CALIBRATION_RUNS");
  return wanted == nullptr ? 2'000 : std::max(100, std::atoi(wanted));
}

void note(const std::string& title, const std::string& of, const std::string& wanted, const std::string& measured) {
  auto& all = tables();
  auto table = std::find_if(all.begin(), all.end(), [&](const Table& one) { return one.title == title; });
  if (table == all.end()) table = all.insert(all.end(), {title, ""});
  table->lines += "| " + of + " | " + wanted + " | " + measured + " |\n";
}

std::string percent(double part) { return number(100 * part) + " %"; }

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace slipway::calibration
