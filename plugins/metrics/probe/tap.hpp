// What a program says of its own tests: the Test Anything Protocol (testanything.org, versions 12 to 14). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/metrics/probe/samples.hpp"

namespace slipway::probe {

// One part for each test that ran: skipped ones are left out, and one that is TODO passes. A part that fails, named for
// it, stands for what is wrong with the report: no plan, fewer or more tests than planned, a bail-out.
std::vector<Outcome::Part> parts_of_tap(std::string_view text);

// The outcome of a program that printed this and ended so; `problem` is empty for exit status 0.
Outcome outcome_of_tap(std::string_view text, const std::string& problem);

}  // namespace slipway::probe
