// How an interface is written down: an id and an ordered list of methods over documents. Methods are only ever
// appended; a breaking change is a new id, "/2" beside "/1".
//
//   struct Observe {
//     static constexpr std::string_view name = "observe";
//     static constexpr std::string_view doc = "What is really there.";
//     using Request = Target;
//     static constexpr auto call = …;  // calls plugin.observe(…): the name that the method has in C++
//     using Request = Target;
//     using Reply = Observation;
//   };
//   struct Interface : slipway::MethodList<Capabilities, Validate, Apply, Observe, Remove> {
//     static constexpr std::string_view id = "slipway.provider/1";
//   };
#pragma once

#include <cstdint>
#include <slipway/document.hpp>
#include <string_view>
#include <type_traits>

namespace slipway {

// A request or a reply without fields.
struct Empty {
  static constexpr auto fields() { return slipway::fields(); }
};

template <class... Methods>
struct MethodList {
  static constexpr std::uint32_t size = sizeof...(Methods);

  // The number that `Method` has on the wire.
  template <class Method>
  static constexpr std::uint32_t index_of() {
    std::uint32_t index = 0;
    const bool found = ((std::is_same_v<Method, Methods> || (++index, false)) || ...);
    static_assert((std::is_same_v<Method, Methods> || ...), "no method of this interface");
    return found ? index : size;
  }
  // Calls visit.template operator()<Method>() for each, in order.
  template <class Visit>
  static constexpr void each(Visit&& visit) {
    (visit.template operator()<Methods>(), ...);
  }
};

}  // namespace slipway
