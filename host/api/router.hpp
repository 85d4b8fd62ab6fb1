// Finds the operation for a method and a path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/api/operation.hpp"

namespace slipway::api {

struct Match {
  const Operation* operation = nullptr;
  std::vector<std::string> arguments;  // of the path's {parts}
  std::string allowed;                 // methods of the path, "GET, HEAD, PUT"; empty for an unknown path
};

// Immutable once built; any thread. HEAD is served by GET's operation.
class Router {
 public:
  explicit Router(const Operations& operations) : operations_(operations) {}
  [[nodiscard]] Match find(std::string_view method, std::string_view path) const;

 private:
  const Operations& operations_;
};

}  // namespace slipway::api
