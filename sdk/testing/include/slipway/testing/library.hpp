// A plugin's library, loaded for a test as the host would map it.
#pragma once

#include <dlfcn.h>
#include <slipway/abi/plugin.h>

#include <slipway/host.hpp>
#include <string>

namespace slipway::test {

// Throws Error with the loader's own words. Outlives every instance made from its table. Not copied, not shared.
class Library {
 public:
  explicit Library(const std::string& path) : handle_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw Error(Code::not_found, dlerror());
    const auto entry = reinterpret_cast<slipway_plugin_entry_fn>(dlsym(handle_, SLIPWAY_PLUGIN_ENTRY));
    if (entry == nullptr) throw Error(Code::failed_precondition, path + " exports no " SLIPWAY_PLUGIN_ENTRY);
    slipway_blob error{};
    table_ = entry(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, &error);
    if (table_ == nullptr)
      throw Error(Code::failed_precondition, std::string(slipway::detail::text_of({error.data, error.size})));
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { dlclose(handle_); }

  [[nodiscard]] const slipway_plugin& table() const { return *table_; }

 private:
  void* handle_;
  const slipway_plugin* table_ = nullptr;
};

}  // namespace slipway::test
