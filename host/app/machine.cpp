#include "host/app/machine.hpp"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <slipway/document.hpp>
#include <sstream>

#include "host/app/listeners.hpp"
#include "host/config/variables.hpp"

namespace slipway::app {
namespace {

namespace fs = std::filesystem;
using Pointer = Json::json_pointer;

constexpr const char* kNeeds = "x-slipway-needs";
constexpr std::int64_t kMostCounted = 1'000'000'000'000;

enum class What { program, address, files };
constexpr auto enum_names(What) {
  return std::array<EnumName<What>, 3>{
      {{What::program, "program"}, {What::address, "address"}, {What::files, "files"}}};
}

struct Need {
  What what = What::program;
  std::map<std::string, std::string> when;
  std::string survivor;
  std::int64_t each = 1;
  std::int64_t more = 0;
  static constexpr auto fields() {
    return slipway::fields(required("what", &Need::what, ""), field("when", &Need::when, "", at_most(16)),
                           field("survivor", &Need::survivor, "", at_most(256)),
                           field("each", &Need::each, "", between(1, 1000)),
                           field("more", &Need::more, "", between(0, 1'000'000)));
  }
};

// A setting as the instance will see it: from the profile, or else the default in the schema; null without either.
const Json* value_at(const lifecycle::PlannedInstance& instance, const std::string& path) {
  const Pointer pointer(path);
  Pointer in_schema;
  for (Pointer rest = pointer; !rest.empty(); rest.pop_back())
    in_schema = Pointer("/properties") / rest.back() / in_schema;
  const Json& schema = instance.package.manifest.config_schema;
  in_schema /= "default";
  if (instance.config.contains(pointer)) return &instance.config.at(pointer);
  return schema.contains(in_schema) ? &schema.at(in_schema) : nullptr;
}

// Empty when it is no text.
std::string text_at(const lifecycle::PlannedInstance& instance, const std::string& path) {
  const Json* value = value_at(instance, path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

// "haproxy.binary"
std::string dotted(const Pointer& setting) {
  std::string text = setting.to_string().substr(1);
  std::ranges::replace(text, '/', '.');
  return text;
}

bool has_path_below(const std::vector<std::string>& arguments, const std::string& folder) {
  return std::ranges::any_of(arguments, [&](const std::string& one) { return one.starts_with(folder + "/"); });
}

bool may_have_it(const Listeners::Process& process, const std::string& survivors_folder) {
  // One that is ending: its memory goes before its files.
  if (process.arguments.empty()) return true;
  return !survivors_folder.empty() && has_path_below(process.arguments, survivors_folder);
}

class Search {
 public:
  Search(const lifecycle::PlannedInstance& instance, std::uint64_t open_files)
      : instance_(instance), open_files_(open_files) {}

  std::vector<std::string> lacks() && {
    look_through(instance_.package.manifest.config_schema, Pointer());
    return std::move(lacks_);
  }

 private:
  void look_through(const Json& schema, const Pointer& at) {
    if (!schema.is_object()) return;
    if (schema.contains(kNeeds)) look_at(schema.at(kNeeds), at);
    if (!schema.contains("properties")) return;
    for (const auto& [name, property] : schema.at("properties").items()) look_through(property, at / name);
  }

  void look_at(const Json& document, const Pointer& setting) {
    try {
      const auto need = decode<Need>(document, kNeeds, Unknown::refused);
      if (!need.ok()) return tell_of_plugin(setting, to_string(need.status()));
      if (counts(*need)) check(*need, setting);
    } catch (const Json::exception& error) {  // a path that is none
      tell_of_plugin(setting, error.what());
    }
  }

  bool counts(const Need& need) const {
    return std::ranges::all_of(need.when, [&](const auto& one) { return text_at(instance_, one.first) == one.second; });
  }

  void check(const Need& need, const Pointer& setting) {
    if (need.what == What::files) return check_files(need, setting);
    const std::string value = text_at(instance_, setting.to_string());
    if (value.empty()) return;
    if (need.what == What::program) return check_program(value, setting);
    const std::string survivors = need.survivor.empty() ? "" : text_at(instance_, need.survivor);
    check_address(value, survivors, setting);
  }

  void check_program(const std::string& program, const Pointer& setting) {
    if (is_installed(program)) return;
    tell(dotted(setting) + " \"" + program + "\" is not installed; apt-get install " +
         fs::path(program).filename().string() + ", or name its path");
  }

  void check_address(const std::string& address, const std::string& survivors, const Pointer& setting) {
    const auto listeners = listeners_at(address);
    if (!listeners) return;
    std::string others;
    for (const Listeners::Process& process : listeners->processes) {
      if (!may_have_it(process, survivors)) others += (others.empty() ? "" : ", ") + process.name;
    }
    if (others.empty() && !listeners->processes.empty()) return;
    if (others.empty()) others = "a process of another user";
    tell(dotted(setting) + " " + address + ": " + others + " listens there already; end it, or set " + dotted(setting) +
         " to another port");
  }

  void check_files(const Need& need, const Pointer& setting) {
    const Json* value = value_at(instance_, setting.to_string());
    if (value == nullptr || !value->is_number_integer()) return;
    const std::int64_t count = std::clamp<std::int64_t>(value->get<std::int64_t>(), 0, kMostCounted);
    const auto wanted = static_cast<std::uint64_t>(count * need.each + need.more);
    if (wanted <= open_files_) return;
    tell(dotted(setting) + " " + to_text(*value) + " takes " + std::to_string(wanted) + " open files, but only " +
         std::to_string(open_files_) + " are allowed; raise LimitNOFILE or ulimit -Hn, or set " + dotted(setting) +
         " lower");
  }

  void tell(const std::string& lack) { lacks_.push_back(instance_.name + ": " + lack); }

  void tell_of_plugin(const Pointer& setting, const std::string& fault) {
    tell("plugin.json of " + instance_.package.manifest.id + ": setting " + setting.to_string() + ": " + fault);
  }

  const lifecycle::PlannedInstance& instance_;
  std::uint64_t open_files_;
  std::vector<std::string> lacks_;
};

// The kernel asks for the capability where no user namespace stands between.
bool is_initial_user_namespace() {
  std::uint64_t inside = 1, outside = 1, count = 0;
  std::ifstream("/proc/self/uid_map") >> inside >> outside >> count;
  return inside == 0 && outside == 0 && count == UINT32_MAX;
}

bool may_raise_limits() {
  if (!is_initial_user_namespace()) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> capabilities{};
  return ::syscall(SYS_capget, &header, capabilities.data()) == 0 &&
         (capabilities[0].effective & (1U << CAP_SYS_RESOURCE)) != 0;
}

bool is_program(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
}

// Those that plugin.json names among the processes that the plugin starts.
void check_programs(std::vector<std::string>& lacks, const lifecycle::PlannedInstance& instance) {
  for (const std::string& program : instance.package.manifest.permissions.processes.allowed) {
    if (program.find('*') == std::string::npos && !is_installed(program))
      lacks.push_back("programs: " + program + " is needed by " + instance.name +
                      " and is not installed; apt-get install " + fs::path(program).filename().string());
  }
}

}  // namespace

bool is_installed(const std::string& program) {
  if (program.find('/') != std::string::npos) return is_program(program);
  std::istringstream path(config::environment_variables()["PATH"] + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(path, folder, ':');) {
    if (!folder.empty() && is_program(fs::path(folder) / program)) return true;
  }
  return false;
}

std::uint64_t most_open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (::geteuid() != 0 || !may_raise_limits()) return limit.rlim_max;
  std::uint64_t kernels = 0;
  std::ifstream("/proc/sys/fs/nr_open") >> kernels;
  return std::max<std::uint64_t>(limit.rlim_max, kernels);
}

std::vector<std::string> machine_lacks(const lifecycle::Plan& plan, std::uint64_t open_files) {
  std::vector<std::string> lacks;
  for (const lifecycle::PlannedInstance& instance : plan.instances) {
    check_programs(lacks, instance);
    for (std::string& lack : Search(instance, open_files).lacks()) lacks.push_back(std::move(lack));
  }
  return lacks;
}

}  // namespace slipway::app
