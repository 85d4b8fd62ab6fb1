#include "host/manifest/profile.hpp"

#include <algorithm>

#include "host/config/layers.hpp"
#include "host/config/typed.hpp"
#include "host/manifest/profile_checks.hpp"
#include "host/manifest/profile_fields.hpp"
#include "host/manifest/schemas.hpp"

namespace slipway::manifest {
namespace {

const config::Schema& schema_of_profiles() {
  static const config::Schema kept_schema = *config::Schema::parse(profile_schema());
  return kept_schema;
}

}  // namespace

LoadedProfile read_profile(const config::Source& source, const config::TemplateNames& names, const FindPlugin& find) {
  LoadedProfile loaded{std::nullopt, source.faults, {}};
  // A document that could not be read at all would only add what is missing from it.
  if (!source.faults.empty() && source.value.empty()) return loaded;
  config::Layers layers;
  layers.add(source);
  config::Expanded expanded = config::expand_all(source.value, names);
  Problems faults = std::move(expanded.problems);
  Problems form;
  const auto profile = config::read_typed<Profile>(expanded.value, schema_of_profiles(), form);
  const auto add = [&](Problems& found) {
    Problems fresh;
    for (Problem& problem : found) {
      if (!config::is_covered(faults, problem.path))
        fresh.push_back(config::as_written(std::move(problem), expanded.written));
    }
    faults.insert(faults.end(), fresh.begin(), fresh.end());
  };
  add(form);
  Problems across;
  Problems warnings;
  check_names(profile, across, warnings);
  if (find) check_plugins(profile, find, across, warnings);
  add(across);
  for (Problem& problem : faults) loaded.faults.push_back(layers.fault(std::move(problem)));
  for (Problem& problem : warnings) loaded.warnings.push_back(layers.fault(std::move(problem)));
  if (loaded.faults.empty()) loaded.profile = profile;
  return loaded;
}

LoadedProfile load_profile(const std::filesystem::path& path, const config::TemplateNames& names,
                           const FindPlugin& find) {
  return read_profile(config::read_source(path), names, find);
}

Status not_installed(const std::string& id, const base::VersionRange& range,
                     const std::vector<base::Version>& installed, const std::vector<std::string>& roots) {
  std::string places;
  for (const auto& root : roots) places += (places.empty() ? "" : ", ") + root;
  const std::string text = id + " " + range.text() + " is not installed; ";
  if (installed.empty()) return {Code::not_found, text + "there is no version of it in " + places};
  auto sorted = installed;
  std::ranges::sort(sorted, [](const base::Version& a, const base::Version& b) { return a < b; });
  std::string versions;
  for (const auto& version : sorted) versions += (versions.empty() ? "" : ", ") + base::to_string(version);
  return {Code::not_found,
          text + "there is " + versions + " in " + places + ": install a version that fits or relax the range"};
}

}  // namespace slipway::manifest
