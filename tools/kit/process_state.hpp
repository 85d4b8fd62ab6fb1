// What belongs to the whole process and is none of a plugin's business, as text that can be compared; and what a plugin
// may leave behind in it.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace slipway::kit {

// One property of the process. `capture` gives the same text as long as nobody changed it.
struct Property {
  std::string_view name;  // "locale": the test's name
  std::string_view what;  // "the locale": in findings
  std::string (*capture)();
};
extern const std::array<Property, 9> kProperties;

// Threads of this process by number: their names.
std::map<int, std::string> threads();
// Open descriptors: what they lead to.
std::map<int, std::string> descriptors();
// What of `after` is not in `before`, as a text: "17 (worker)"; empty when there is nothing.
std::string additions(const std::map<int, std::string>& before, const std::map<int, std::string>& after);

}  // namespace slipway::kit
