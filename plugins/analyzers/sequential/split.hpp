// Do the requests go where the weights send them? (Sample-ratio check: Lindon and Malek, "Anytime-valid inference for
// multinomial count data", NeurIPS 2022.)
//
// With a Dirichlet prior of `concentration` around the wanted shares p, and counts s:
//   log E = log B(k p + s) - log B(k p) - sum of s log p,   log B(a) = sum of log gamma(a) - log gamma(sum of a)
// E is at most 1 in the mean while the shares hold, so that log E >= log(1 / alpha) refutes them at level alpha.
#pragma once

#include <cstdint>
#include <span>

namespace slipway::sequential {

double split_evidence(std::span<const std::int64_t> counts, std::span<const double> shares, double concentration);

}  // namespace slipway::sequential
