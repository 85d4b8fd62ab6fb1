#include "plugins/storage/postgres/faults.hpp"

#include <algorithm>

namespace slipway::postgres {
namespace {

// "ERROR:  text\nCONTEXT: ..." → "text"
std::string first_line(std::string_view said) {
  said = said.substr(0, said.find('\n'));
  for (const std::string_view start : {"ERROR:", "FATAL:", "PANIC:"})
    if (said.starts_with(start)) said.remove_prefix(start.size());
  said.remove_prefix(std::min(said.find_first_not_of(' '), said.size()));
  return std::string(said);
}

}  // namespace

Fault lost(const std::string& name, const std::string& said) {
  return {Remedy::reconnect, {Code::unavailable, name + " cannot be reached: " + first_line(said)}};
}

Fault fault_of(const std::string& name, std::string_view state, const std::string& said) {
  const std::string text = name + ": " + first_line(said);
  if (state == "40001" || state == "40P01") return {Remedy::again, {Code::unavailable, text}};
  if (state == "55P03")
    return {Remedy::again, {Code::unavailable, text + "; another transaction holds what this one needs"}};
  if (state == "25006") return {Remedy::reconnect, {Code::unavailable, text + "; the server takes no writes"}};
  if (state == "57014") return {Remedy::none, {Code::unavailable, text + "; the server is too slow"}};
  if (state == "53100")
    return {Remedy::none, {Code::resource_exhausted, text + "; free space there, writing goes on by itself then"}};
  if (state.starts_with("53")) return {Remedy::none, {Code::resource_exhausted, text}};
  if (state.starts_with("57P") || state.starts_with("08")) return lost(name, said);
  if (state == "42501") return {Remedy::none, {Code::unavailable, text + "; grant the role its rights again"}};
  if (state == "42P01" || state == "42703" || state == "42883" || state == "3F000")
    return {
        Remedy::none,
        {Code::unavailable, text + "; its tables are not the store's, writing goes on by itself when they are again"}};
  if (state.starts_with("XX")) return {Remedy::none, {Code::data_loss, text}};
  return {Remedy::none, {Code::internal, text + " (" + std::string(state) + ")"}};
}

}  // namespace slipway::postgres
