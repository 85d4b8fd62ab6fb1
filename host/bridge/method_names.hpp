// Names of the methods of the interfaces that this host knows, for metrics, messages and calls by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::bridge {

// "observe"; the number as text when the interface is not known.
std::string method_name(std::string_view interface, std::uint32_t method);

// The number of a method; a method of an unknown interface has none.
std::optional<std::uint32_t> method_number(std::string_view interface, std::string_view method);

// "apply, observe, remove"; empty for an unknown interface.
std::string method_list(std::string_view interface);

}  // namespace slipway::bridge
