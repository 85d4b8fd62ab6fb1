// /proc/<pid>/stat: the name of a program may hold anything, blanks, brackets and line ends among it.
#include <string>

#include "plugins/providers/local/process/proc.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const std::string_view text = fuzz::text_of(data, size);
  const auto given = local::parse_stat_line(text);
  const std::string line = "12 (" + std::string(text) + ") S 1 12 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0";
  const auto built = local::parse_stat_line(line);
  fuzz::require(built && built->session == 7 && built->start_time == 4711, "no name of a program changes what is read");
  fuzz::require(!given || text.find(')') != text.npos, "what is read stands behind a name");
  return 0;
}
