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
#include <sstream>

#include "tools/docs/fields.hpp"
#include "tools/docs/markdown.hpp"
#include "tools/docs/pages.hpp"

namespace slipway::docs {
namespace {

// "strategy" of "slipway.strategy/1".
std::string kind_of(std::string_view id) {
  const auto dot = id.find('.');
  return std::string(id.substr(dot + 1, id.find('/') - dot - 1));
}

// The comment at the head of a header, without its marks and without the id that it begins with.
std::string introduction(const std::filesystem::path& header, std::string_view id) {
  std::istringstream lines(source_text(header));
  std::string text;
  for (std::string line; std::getline(lines, line) && line.starts_with("//");)
    text += line.substr(line.size() > 2 ? 3 : 2) + "\n";
  if (text.starts_with(id)) text.erase(0, id.size() + 2);
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + "\n";
}

template <Document T>
std::string document(const std::string& heading) {
  return "### " + heading + "\n\n" + fields_table(rows_of<T>()) + "<details><summary>JSON Schema</summary>\n\n" +
         block("json", schema_of<T>().dump(2)) + "</details>\n\n";
}

template <class Interface>
void add_interface(Pages& pages, const std::filesystem::path& root) {
  const std::string kind = kind_of(Interface::id);
  std::vector<Cells> methods;
  std::string sections;
  Interface::each([&]<class Method>() {
    const std::string name(Method::name);
    methods.push_back({std::to_string(Interface::template index_of<Method>()), "[`" + name + "`](#" + name + ")",
                       std::string(Method::doc)});
    sections += "## " + name + "\n\n" + std::string(Method::doc) + "\n\n" +
                document<typename Method::Request>("Request of " + name) +
                document<typename Method::Reply>("Reply of " + name);
  });
  pages.push_back({"reference/interfaces/" + kind + ".md",
                   title(Interface::id) +
                       introduction(root / "sdk/include/slipway/interfaces" / (kind + ".hpp"), Interface::id) +
                       table({"number", "method", "meaning"}, methods) + sections});
}

}  // namespace

void add_interfaces(Pages& pages, const std::filesystem::path& root) {
  add_interface<plugin::Interface>(pages, root);
  add_interface<provider::Interface>(pages, root);
  add_interface<strategy::Interface>(pages, root);
  add_interface<metrics::Interface>(pages, root);
  add_interface<analyzer::Interface>(pages, root);
  add_interface<gate::Interface>(pages, root);
  add_interface<storage::Interface>(pages, root);
  add_interface<backup::Interface>(pages, root);
  add_interface<secrets::Interface>(pages, root);
  add_interface<notifier::Interface>(pages, root);
  add_interface<app::Interface>(pages, root);
}

}  // namespace slipway::docs
