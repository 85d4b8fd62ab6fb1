#include "host/app/packages.hpp"

#include "host/loader/inspect.hpp"

namespace slipway::app {

std::vector<std::string> refused_packages(const lifecycle::Plan& plan, const loader::SignaturePolicy& policy) {
  std::vector<std::string> lines;
  for (const lifecycle::PlannedInstance& instance : plan.instances) {
    const auto report = loader::inspect_package(instance.package.folder(), policy);
    const std::vector<std::string> faults =
        report.ok() ? report->faults : std::vector<std::string>{report.status().message};
    for (const std::string& fault : faults) lines.push_back("/plugins/" + instance.name + ": " + fault);
  }
  return lines;
}

}  // namespace slipway::app
