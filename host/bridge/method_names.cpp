#include "host/bridge/method_names.hpp"

#include <array>
#include <slipway/interfaces/analyzer.hpp>
#include <slipway/interfaces/app.hpp>
#include <slipway/interfaces/backup.hpp>
#include <slipway/interfaces/gate.hpp>
#include <slipway/interfaces/metrics.hpp>
#include <slipway/interfaces/notifier.hpp>
#include <slipway/interfaces/plugin.hpp>
#include <slipway/interfaces/provider.hpp>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/interfaces/storage.hpp>
#include <slipway/interfaces/strategy.hpp>
#include <span>

namespace slipway::bridge {
namespace {

template <class... Methods>
constexpr std::array<std::string_view, sizeof...(Methods)> names_of(const MethodList<Methods...>*) {
  return {Methods::name...};
}
template <class Interface>
constexpr auto kNames = names_of(static_cast<const Interface*>(nullptr));

struct Known {
  std::string_view interface;
  std::span<const std::string_view> methods;
};
constexpr Known kKnown[] = {
    {analyzer::kId, kNames<analyzer::Interface>}, {app::kId, kNames<app::Interface>},
    {backup::kId, kNames<backup::Interface>},     {gate::kId, kNames<gate::Interface>},
    {metrics::kId, kNames<metrics::Interface>},   {notifier::kId, kNames<notifier::Interface>},
    {plugin::kId, kNames<plugin::Interface>},     {provider::kId, kNames<provider::Interface>},
    {secrets::kId, kNames<secrets::Interface>},   {storage::kId, kNames<storage::Interface>},
    {strategy::kId, kNames<strategy::Interface>},
};

std::span<const std::string_view> methods_of(std::string_view interface) {
  for (const Known& known : kKnown) {
    if (known.interface == interface) return known.methods;
  }
  return {};
}

}  // namespace

std::string method_name(std::string_view interface, std::uint32_t method) {
  const auto methods = methods_of(interface);
  return method < methods.size() ? std::string(methods[method]) : std::to_string(method);
}

std::optional<std::uint32_t> method_number(std::string_view interface, std::string_view method) {
  const auto methods = methods_of(interface);
  for (std::uint32_t number = 0; number < methods.size(); ++number) {
    if (methods[number] == method) return number;
  }
  return std::nullopt;
}

std::string method_list(std::string_view interface) {
  std::string text;
  for (const std::string_view method : methods_of(interface)) text += (text.empty() ? "" : ", ") + std::string(method);
  return text;
}

}  // namespace slipway::bridge
