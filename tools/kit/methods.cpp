#include "tools/kit/methods.hpp"

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

namespace slipway::kit {
namespace {

constexpr std::uint32_t kGuesses = 4;

template <class Interface>
void add(std::vector<Method>& to) {
  Interface::each([&]<class M>() {
    to.push_back({.interface_index = 0,
                  .number = Interface::template index_of<M>(),
                  .interface = std::string(Interface::id),
                  .name = std::string(M::name),
                  .request = schema_of<typename M::Request>(),
                  .reply = schema_of<typename M::Reply>()});
  });
}

template <class... All>
std::vector<Method> methods_in() {
  std::vector<Method> all;
  (add<All>(all), ...);
  return all;
}

}  // namespace

const std::vector<Method>& known_methods() {
  static const auto all = methods_in<plugin::Interface, provider::Interface, strategy::Interface, metrics::Interface,
                                     analyzer::Interface, gate::Interface, storage::Interface, backup::Interface,
                                     secrets::Interface, notifier::Interface, app::Interface>();
  return all;
}

std::vector<Method> methods_of(const slipway_plugin& table) {
  std::vector<Method> found;
  for (std::uint32_t i = 0; i < table.interface_count; ++i) {
    const slipway_span& span = table.interfaces[i];
    const std::string id(reinterpret_cast<const char*>(span.data), span.size);
    const std::size_t before = found.size();
    for (const Method& known : known_methods()) {
      if (known.interface != id) continue;
      found.push_back(known);
      found.back().interface_index = i;
    }
    for (std::uint32_t n = 0; found.size() < before + kGuesses && (n > 0 || found.size() == before); ++n) {
      found.push_back({.interface_index = i, .number = n, .interface = id, .name = "", .request = {}, .reply = {}});
    }
  }
  return found;
}

}  // namespace slipway::kit
