#include "host/app/packages.hpp"

#include "host/app/private_folder.hpp"
#include "host/loader/loader.hpp"

namespace slipway::app {

Problems refused_packages(const lifecycle::Plan& plan, const loader::SignaturePolicy& policy) {
  const PrivateFolder store;
  const loader::Loader loader({.store = store.path()}, policy);
  Problems refused;
  for (const lifecycle::PlannedInstance& instance : plan.instances) {
    const auto verified = loader.verify(instance.package);
    if (!verified.ok()) refused.push_back({"/plugins/" + instance.name, "", verified.status().message});
  }
  return refused;
}

}  // namespace slipway::app
