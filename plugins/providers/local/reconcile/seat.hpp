// A replica that may get traffic.
#pragma once

#include <slipway/document.hpp>
#include <string>

namespace slipway::local {

struct Seat {
  std::string id;
  std::string release;
  std::string address;
  static constexpr auto fields() {
    return slipway::fields(required("id", &Seat::id, "Its name."), required("release", &Seat::release, "What it runs."),
                           required("address", &Seat::address, "address:port."));
  }
  bool operator==(const Seat&) const = default;
};

}  // namespace slipway::local
