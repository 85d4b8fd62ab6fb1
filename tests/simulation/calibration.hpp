// What the calibration of the sequential analyzer measures, as tables of a page that the run itself writes.
#pragma once

#include <string>

namespace slipway::calibration {

// Seeded runs for each figure: 2,000, or SLIPWAY_CALIBRATION_RUNS.
int runs();
// A line of the table `title`. The page is the file SLIPWAY_CALIBRATION_PAGE, written when the program's tests are
// over.
void note(const std::string& title, const std::string& of, const std::string& wanted, const std::string& measured);

// "0.35 %", "12.5".
std::string percent(double part);
std::string number(double value);

}  // namespace slipway::calibration
