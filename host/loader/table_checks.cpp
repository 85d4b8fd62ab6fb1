#include "host/loader/table_checks.hpp"

#include <algorithm>
#include <slipway/interfaces/plugin.hpp>
#include <slipway/json.hpp>

namespace slipway::loader {
namespace {

constexpr std::uint32_t kMaxInterfaces = 64;
constexpr std::uint64_t kMaxInterfaceId = 128;
constexpr std::uint64_t kMaxReason = std::uint64_t{64} << 10;

Status refuse(std::string text) { return {Code::failed_precondition, std::move(text)}; }

std::string version_text(std::uint32_t major_number, std::uint32_t minor_number) {
  return std::to_string(major_number) + "." + std::to_string(minor_number);
}

// The message in an error document of the plugin's, whatever the plugin made of it. Gives the blob back.
std::string take_reason(const slipway_blob& blob) {
  std::string text;
  if (blob.data != nullptr) text.assign(reinterpret_cast<const char*>(blob.data), std::min(blob.size, kMaxReason));
  if (blob.release != nullptr) blob.release(blob.owner);
  if (text.empty()) return "it gave no reason";
  const auto document = parse_json(text);
  if (!document.ok() || !document->is_object() || !document->contains("message") ||
      !document->at("message").is_string()) {
    return "its reason is no error document: " + to_text(text.substr(0, 120));
  }
  return document->at("message").get<std::string>();
}

// The first required function that the table lacks, or null.
const char* missing_function(const slipway_plugin& table) {
  const struct {
    const char* name;
    bool there;
  } functions[] = {{"create", table.create != nullptr},     {"start", table.start != nullptr},
                   {"invoke", table.invoke != nullptr},     {"cancel", table.cancel != nullptr},
                   {"on_reply", table.on_reply != nullptr}, {"on_wake", table.on_wake != nullptr},
                   {"quiesce", table.quiesce != nullptr},   {"destroy", table.destroy != nullptr}};
  for (const auto& function : functions) {
    if (!function.there) return function.name;
  }
  return nullptr;
}

Status check_versions(const slipway_plugin& table, const HostVersion& host) {
  const std::string speaks = "; this host speaks " + version_text(host.abi_major, host.abi_minor);
  if (table.abi_major != host.abi_major) {
    return refuse("its table is of ABI " + version_text(table.abi_major, table.abi_minor) + speaks +
                  "; build the plugin for ABI " + std::to_string(host.abi_major));
  }
  if (table.min_host_minor <= host.abi_minor) return {};
  return refuse("its table asks for ABI " + version_text(table.abi_major, table.min_host_minor) + " or a later minor" +
                speaks + "; install an older version of the plugin or a newer slipwayd");
}

Status check_interface_list(const slipway_plugin& table) {
  if (table.interface_count == 0 || table.interface_count > kMaxInterfaces || table.interfaces == nullptr) {
    return refuse("its table lists " + std::to_string(table.interface_count) + " interfaces; want 1 to " +
                  std::to_string(kMaxInterfaces));
  }
  for (std::uint32_t i = 0; i < table.interface_count; ++i) {
    const slipway_span& id = table.interfaces[i];
    if (id.data != nullptr && id.size > 0 && id.size <= kMaxInterfaceId) continue;
    return refuse("the id of interface " + std::to_string(i) + " in its table has " + std::to_string(id.size) +
                  " bytes; want 1 to " + std::to_string(kMaxInterfaceId));
  }
  return {};
}

std::string joined(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
  return text.empty() ? "none" : text;
}

}  // namespace

Result<const slipway_plugin*> ask_entry(slipway_plugin_entry_fn entry, const HostVersion& host) {
  slipway_blob error{};
  const slipway_plugin* table = entry(host.abi_major, host.abi_minor, &error);
  if (table == nullptr) return refuse("its entry function refused: " + take_reason(error));
  if (error.release != nullptr) error.release(error.owner);
  return table;
}

Status check_table(const slipway_plugin& table, const HostVersion& host) {
  if (table.size < sizeof(slipway_plugin)) {
    return refuse("its table has " + std::to_string(table.size) + " bytes; ABI 1.0 wants at least " +
                  std::to_string(sizeof(slipway_plugin)));
  }
  if (Status status = check_versions(table, host); !status.ok()) return status;
  if (Status status = check_interface_list(table); !status.ok()) return status;
  if (const char* name = missing_function(table))
    return refuse("its table has no function " + std::string(name) + "; every function is required");
  return {};
}

std::vector<std::string> interfaces_of(const slipway_plugin& table) {
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < table.interface_count; ++i) {
    ids.emplace_back(reinterpret_cast<const char*>(table.interfaces[i].data), table.interfaces[i].size);
  }
  return ids;
}

Status match_interfaces(std::vector<std::string> provided, std::vector<std::string> declared) {
  // Every plugin serves it; plugin.json need not say so.
  if (std::erase(provided, slipway::plugin::Interface::id) == 0) {
    return refuse("provides no " + std::string(slipway::plugin::Interface::id) +
                  "; every plugin answers health and quiesce");
  }
  std::erase(declared, slipway::plugin::Interface::id);
  if (provided == declared) return {};
  return refuse("provides " + joined(provided) + ", its plugin.json says " + joined(declared) +
                "; make them equal, in the same order");
}

}  // namespace slipway::loader
