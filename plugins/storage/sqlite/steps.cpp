#include "plugins/storage/sqlite/steps.hpp"

namespace slipway::sqlite {

std::span<const Migration> migrations() { return kSteps; }

}  // namespace slipway::sqlite
