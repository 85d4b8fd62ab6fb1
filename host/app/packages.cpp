#include "host/app/packages.hpp"

#include "host/app/private_folder.hpp"
#include "host/loader/loader.hpp"

namespace slipway::app {

std::vector<std::string> refused_packages(const lifecycle::Plan& plan, const loader::SignaturePolicy& policy) {
  const PrivateFolder store;
  const loader::Loader loader({.store = store.path()}, policy);
  std::vector<std::string> lines;
  for (const lifecycle::PlannedInstance& instance : plan.instances) {
    const auto verified = loader.verify(instance.package);
    if (!verified.ok()) lines.push_back("/plugins/" + instance.name + ": " + verified.status().message);
  }
  return lines;
}

}  // namespace slipway::app
