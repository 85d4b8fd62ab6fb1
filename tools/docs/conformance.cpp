#include <slipway/json.hpp>

#include "tools/docs/markdown.hpp"
#include "tools/docs/pages.hpp"
#include "tools/kit/contract.hpp"
#include "tools/kit/test.hpp"

namespace slipway::docs {
namespace {

constexpr std::string_view kAboutConformance =
    R"(`slipway plugin test PACKAGE` holds a plugin to `slipway/abi/plugin.h`. Each test runs in a process of its own, in an empty
folder, within a time limit, and ends with one of: pass, warn, fail, crash (the process ended), hang (the limit came), skip
(it does not apply, with the reason). A failure prints the command with the seed that repeats it. How to use it:
[testing a plugin](../guides/plugins/testing.md).

)";

constexpr std::string_view kZoo =
    R"(Each of these has one defect, and is caught by the test meant for it; compiled without its defect it passes all of them.
They are in `tests/fixtures/plugins/zoo`, and a test of this repository runs every line of this table.

)";

std::string tests_table() {
  std::vector<Cells> rows;
  for (const kit::Test& test : kit::all_tests()) {
    rows.push_back(
        {code(test.full_name()), std::string(kit::kLevelNames[static_cast<std::size_t>(test.level)]), test.what});
  }
  return table({"test", "level", "what is right"}, rows);
}

std::string states_table() {
  std::vector<Cells> rows;
  for (const kit::HostFunction& function : kit::kHostFunctions) {
    std::string states;
    for (auto state = function.first; state <= function.last;
         state = static_cast<kit::State>(static_cast<int>(state) + 1))
      states += (states.empty() ? "" : ", ") + std::string(kit::name_of(state));
    rows.push_back({code(function.name), states});
  }
  return table({"function of the host", "states of the instance in which it may be used"}, rows);
}

std::string zoo_table(const std::filesystem::path& root) {
  const Json zoo = value_or_throw(parse_json(source_text(root / "tests/fixtures/plugins/zoo/zoo.json")));
  std::vector<Cells> rows;
  for (const Json& plugin : zoo) {
    rows.push_back({code(plugin.at("name").get<std::string>()), plugin.at("defect"),
                    code(plugin.at("test").get<std::string>()), plugin.at("verdict")});
  }
  return table({"plugin", "defect", "caught by", "verdict"}, rows);
}

}  // namespace

void add_conformance(Pages& pages, const std::filesystem::path& root) {
  pages.push_back({"reference/conformance.md", title("Conformance") + std::string(kAboutConformance) + "## Tests\n\n" +
                                                   tests_table() + "\n## Who may call what, and when\n\n" +
                                                   states_table() + "\n## The zoo\n\n" + std::string(kZoo) +
                                                   zoo_table(root)});
}

}  // namespace slipway::docs
