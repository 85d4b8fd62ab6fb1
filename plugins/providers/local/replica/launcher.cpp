#include "plugins/providers/local/replica/launcher.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include "plugins/providers/local/artefact/digest.hpp"
#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/base/files.hpp"
#include "plugins/providers/local/replica/log_rotation.hpp"
#include "plugins/providers/local/replica/release_files.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;
using provider::Release;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string application_folder(const ReplicaPlace& place) { return place.tenant + "." + place.application; }

// Others may pass through, so that a replica under another user reaches its own folder; they can't list.
void make_passage(const fs::path& folder) {
  make_private_folder(folder);
  ::chmod(folder.c_str(), 0711);
}

void give_to(const fs::path& path, const std::optional<User>& user) {
  if (user && ::lchown(path.c_str(), user->uid, user->gid) != 0)
    throw_errno("cannot give \"" + path.string() + "\" to the replica's user");
}

std::vector<ResourceLimit> limits_of(const provider::Limits& limits) {
  std::vector<ResourceLimit> list;
  const auto add = [&](int resource, const std::optional<std::int64_t>& value) {
    if (value) list.push_back({resource, static_cast<std::uint64_t>(*value)});
  };
  add(RLIMIT_NOFILE, limits.open_files);
  add(RLIMIT_AS, limits.memory_bytes);
  add(RLIMIT_NPROC, limits.processes);
  add(RLIMIT_CORE, limits.core_bytes);
  return list;
}

}  // namespace

std::string identity_entry(const ReplicaPlace& place) {
  return "SLIPWAY_REPLICA=" + place.tenant + "/" + place.application + "/" + place.id;
}

std::string expanded(std::string text, const Expansion& expansion) {
  replace_all(text, "${PORT}", std::to_string(expansion.port));
  replace_all(text, "${ARTEFACT}", expansion.artefact);
  replace_all(text, "${ADDRESS}", expansion.address);
  return text;
}

Launcher::Launcher(LauncherSettings settings, const ArtefactStore& artefacts, Secrets& secrets,
                   boost::asio::any_io_executor archives, boost::asio::any_io_executor programs)
    : settings_(std::move(settings)),
      artefacts_(artefacts),
      secrets_(secrets),
      archives_(std::move(archives)),
      programs_(std::move(programs)) {}

awaitable<Command> Launcher::prepare(const Release& release, ReplicaPlace place) {
  Command command;
  if (!release.user.empty()) command.user = find_user(release.user);
  const auto resolve = [this, wanted = release.artefact]() -> awaitable<fs::path> {
    co_return artefacts_.resolve(wanted);
  };
  const auto& worker = release.artefact.archive.empty() ? programs_ : archives_;
  const fs::path artefact = co_await boost::asio::co_spawn(worker, resolve, boost::asio::use_awaitable);

  const bool own = release.working_directory.empty();
  const fs::path folder = own ? private_folder(place) : fs::path(release.working_directory);
  if (own) {
    make_passage(settings_.work_folder);
    make_passage(folder.parent_path());
    make_private_folder(folder);
    give_to(folder, command.user);
  }
  for (const provider::File& file : release.files) write_release_file(folder, file, command.user);

  const Expansion expansion{place.port, artefact.string(), settings_.address};
  for (const std::string& argument : release.command) command.arguments.push_back(expanded(argument, expansion));
  command.environment = co_await environment(release, place, expansion);
  command.folder = folder.string();
  command.log_file = log_file(place).string();
  command.limits = limits_of(release.limits);
  make_private_folder(log_file(place).parent_path());
  prune_logs(log_file(place).parent_path(), settings_.logs_kept, present_[application_folder(place)]);
  co_return command;
}

awaitable<std::string> Launcher::digest_of(std::string program) {
  const auto digest = [&program]() -> awaitable<std::string> {
    std::error_code error;
    const bool readable = fs::is_regular_file(program, error) && ::access(program.c_str(), R_OK) == 0;
    co_return readable ? file_digest(program) : std::string();
  };
  co_return co_await boost::asio::co_spawn(programs_, digest, boost::asio::use_awaitable);
}

awaitable<std::vector<std::string>> Launcher::environment(const Release& release, const ReplicaPlace& place,
                                                          const Expansion& expansion) {
  std::map<std::string, std::string> values{{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                            {"SLIPWAY_TENANT", place.tenant},
                                            {"SLIPWAY_APPLICATION", place.application},
                                            {"SLIPWAY_RELEASE", release.version}};
  for (const auto& [name, value] : release.env) values[name] = expanded(value, expansion);
  if (!release.secrets.empty()) {
    std::vector<std::string> references;
    for (const auto& [name, reference] : release.secrets) references.push_back(reference);
    const auto resolved = co_await secrets_.resolve(place.tenant, std::move(references));
    for (const auto& [name, reference] : release.secrets) {
      const auto found = resolved.find(reference);
      if (found == resolved.end()) throw Error(Code::not_found, "the secret \"" + reference + "\" has no value");
      values[name] = found->second;
    }
  }
  values["PORT"] = std::to_string(place.port);
  std::vector<std::string> entries{identity_entry(place)};
  for (const auto& [name, value] : values) entries.push_back(name + "=" + value);
  co_return entries;
}

void Launcher::keep(const ReplicaPlace& place) { present_[application_folder(place)].insert(place.id); }

void Launcher::clean_up(const ReplicaPlace& place) {
  const auto siblings = present_.find(application_folder(place));
  if (siblings != present_.end() && siblings->second.erase(place.id) > 0 && siblings->second.empty())
    present_.erase(siblings);
  std::error_code ignored;
  fs::remove_all(private_folder(place), ignored);
}

fs::path Launcher::private_folder(const ReplicaPlace& place) const {
  return settings_.work_folder / application_folder(place) / place.id;
}

fs::path Launcher::log_file(const ReplicaPlace& place) const {
  return settings_.log_folder / application_folder(place) / (place.id + ".log");
}

}  // namespace slipway::local
