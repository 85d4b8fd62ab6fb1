// What the reports of the machines say together. A pure function.
#pragma once

#include "plugins/providers/local/pool/documents.hpp"

namespace slipway::local {

// Of the machines that are alive, by name; one that has not reported yet has a report without a revision. A group's
// weight is the mean of the machines' edges: it is the ordered one only when each of them has it.
provider::Observation merged(const Order& order, const std::vector<Report>& reports);

}  // namespace slipway::local
