// Numbers that are kept as natural logarithms, because they would overflow otherwise. -infinity is the log of 0.
#pragma once

#include <span>

namespace slipway::sequential {

// log(exp(a) + exp(b)).
double log_add(double a, double b);
// log of the sum and of the mean of the numbers whose logs these are; -infinity without any.
double log_sum(std::span<const double> logs);
double log_mean(std::span<const double> logs);

}  // namespace slipway::sequential
