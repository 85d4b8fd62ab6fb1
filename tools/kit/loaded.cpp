#include "tools/kit/loaded.hpp"

#include <memory>
#include <utility>

#include "host/loader/table_checks.hpp"

namespace slipway::kit {

std::string take(slipway_blob blob) {
  std::string text;
  if (blob.data != nullptr) text.assign(reinterpret_cast<const char*>(blob.data), blob.size);
  if (blob.release != nullptr) blob.release(blob.owner);
  return text;
}

Loaded::Loaded(Context& context, const std::filesystem::path& library) : context_(context) {
  static_cast<void>(context.package.must_have_image());
  context.board.at("loading");
  auto mapping = loader::Mapping::map(library);
  if (!mapping.ok()) fail("the library " + mapping.status().message);
  mapping_ = std::move(*mapping);
  entry_ = reinterpret_cast<slipway_plugin_entry_fn>(mapping_->symbol(SLIPWAY_PLUGIN_ENTRY));
  if (entry_ == nullptr) fail("exports no " SLIPWAY_PLUGIN_ENTRY);
}

Loaded::~Loaded() {
  if (mapping_) new loader::Mapping(std::move(*mapping_));  // on purpose never freed; see the class
}

const slipway_plugin& Loaded::table() const {
  context_.board.at(SLIPWAY_PLUGIN_ENTRY);
  const auto table = loader::ask_entry(entry_, {});
  if (!table.ok()) fail(table.status().message);
  return **table;
}

loader::Residency Loaded::unmap() {
  context_.board.at("unloading");
  const auto residency = mapping_->unmap();
  mapping_.reset();
  return residency;
}

}  // namespace slipway::kit
