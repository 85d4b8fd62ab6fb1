#include "host/loader/checks.hpp"
#include "host/loader/table_checks.hpp"

namespace slipway::loader {
namespace {

HostVersion version_of(const LoaderSettings& settings) { return {settings.abi_major, settings.abi_minor}; }

}  // namespace

Status refuse_resident(Contact& it) {
  if (!is_resident(it.verified.library.path)) return {};
  return {
      Code::failed_precondition,
      "is in memory since an earlier load that could not be undone, so it can't be loaded anew; restart slipwayd to "
      "load it"};
}

Status match_stored_copy(Contact& it) { return check_unchanged(it.verified.library); }

Status map_stored_copy(Contact& it) {
  auto mapping = Mapping::map(it.verified.library.path);
  if (!mapping.ok()) return mapping.status();
  it.mapping = std::move(*mapping);
  it.entry = reinterpret_cast<slipway_plugin_entry_fn>(it.mapping->symbol(SLIPWAY_PLUGIN_ENTRY));
  if (it.entry == nullptr) return {Code::failed_precondition, "its entry symbol can't be bound"};
  return {};
}

Status match_mapped_file(Contact& it) {
  return check_mapped_file(reinterpret_cast<const void*>(it.entry), it.verified.library.file);
}

Status call_entry(Contact& it) {
  const auto table = ask_entry(it.entry, version_of(it.settings));
  if (!table.ok()) return table.status();
  it.table = *table;
  return {};
}

Status check_table(Contact& it) {
  if (Status status = check_table(*it.table, version_of(it.settings)); !status.ok()) return status;
  return match_interfaces(*it.table, it.verified.package.manifest);
}

Status match_interfaces(const slipway_plugin& table, const manifest::PluginManifest& manifest) {
  return match_interfaces(interfaces_of(table), manifest.interfaces);
}

}  // namespace slipway::loader
