#include "plugins/storage/postgres/steps.hpp"

namespace slipway::postgres {

std::span<const Migration> migrations() { return kSteps; }

}  // namespace slipway::postgres
