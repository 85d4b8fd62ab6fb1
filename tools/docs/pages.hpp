// The pages of docs/reference, and what guides show of the code. Each function makes one subject from the code alone:
// the same code gives the same text.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slipway::docs {

struct Page {
  std::string path;  // below docs
  std::string text;
};
using Pages = std::vector<Page>;

// `root` is the source tree: interfaces are introduced by their headers' first comment, plugins by their plugin.json.
void add_interfaces(Pages& pages, const std::filesystem::path& root);
void add_configuration(Pages& pages, const std::filesystem::path& root);
void add_api(Pages& pages);
void add_cli(Pages& pages);
void add_metrics(Pages& pages);
void add_errors(Pages& pages);
void add_conformance(Pages& pages, const std::filesystem::path& root);
void add_guides(Pages& pages, const std::filesystem::path& root);

// All of them.
Pages all_pages(const std::filesystem::path& root);

// A file of the source tree; throws Error when it can't be read.
std::string source_text(const std::filesystem::path& path);

}  // namespace slipway::docs
