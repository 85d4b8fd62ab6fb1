#include "tools/docs/pages.hpp"

#include <slipway/status.hpp>

#include "host/base/files.hpp"
#include "host/telemetry/metric_catalogue.hpp"
#include "tools/docs/markdown.hpp"

namespace slipway::docs {

void add_metrics(Pages& pages) {
  std::string bounds;
  for (const double bound : telemetry::histogram_bounds()) {
    std::string number = std::to_string(bound);
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
    bounds += (bounds.empty() ? "" : ", ") + number;
  }
  pages.push_back({"reference/metrics.md",
                   title("Metrics") +
                       "`GET /metrics` answers in Prometheus' text format. What plugins report appears "
                       "as `slipway_plugin_<name>` with the label `binding`.\n\n" +
                       telemetry::metrics_reference() + "\nEvery histogram has the bounds " + bounds + " seconds.\n"});
}

Pages all_pages(const std::filesystem::path& root) {
  Pages pages;
  add_interfaces(pages, root);
  add_configuration(pages, root);
  add_api(pages);
  add_cli(pages);
  add_metrics(pages);
  add_errors(pages);
  add_conformance(pages, root);
  add_guides(pages, root);
  // One line end at the end of each file.
  for (Page& page : pages) page.text.erase(page.text.find_last_not_of('\n') + 1).push_back('\n');
  return pages;
}

std::string source_text(const std::filesystem::path& path) { return value_or_throw(base::read_file(path)); }

}  // namespace slipway::docs
