// Makes ready what a replica needs before its process can start: artefact, files, secrets, environment. Tests put a
// fake of Preparer or of Secrets here.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <slipway/interfaces/provider.hpp>
#include <string>
#include <vector>

#include "plugins/providers/local/artefact/store.hpp"
#include "plugins/providers/local/base/async.hpp"
#include "plugins/providers/local/process/command.hpp"

namespace slipway::local {

// Values of secret references, by reference. Throws slipway::Error when one is missing. The values reach the process's
// environment and nothing else.
class Secrets {
 public:
  virtual ~Secrets() = default;
  virtual awaitable<std::map<std::string, std::string>> resolve(std::string tenant,
                                                                std::vector<std::string> references) = 0;
};

struct ReplicaPlace {
  std::string tenant, application, id;
  std::uint16_t port = 0;
};

// The entry of a replica's environment by which its process is found again.
std::string identity_entry(const ReplicaPlace& place);

class Preparer {
 public:
  virtual ~Preparer() = default;
  // Throws slipway::Error that says what is missing or wrong. May be repeated.
  virtual awaitable<Command> prepare(const provider::Release& release, ReplicaPlace place) = 0;
  // "sha256:…" of a program as it is now; empty for what is no file that can be read.
  virtual awaitable<std::string> digest_of(std::string program) = 0;
  // The replica is there from now on, also one whose process is not prepared here: what it writes is kept.
  virtual void keep(const ReplicaPlace& place) = 0;
  // The replica has gone for good.
  virtual void clean_up(const ReplicaPlace& place) = 0;
};

// What stands for what in a release's command and environment; secrets stay as they are.
struct Expansion {
  std::uint16_t port = 0;
  std::string artefact;
  std::string address = "127.0.0.1";
};

// `text` with ${PORT}, ${ARTEFACT} and ${ADDRESS} replaced.
std::string expanded(std::string text, const Expansion& expansion);

struct LauncherSettings {
  std::filesystem::path work_folder, log_folder;
  std::size_t logs_kept = 50;  // files an application, of replicas that have gone
  std::string address = "127.0.0.1";
};

// One thread, that of the executor. Archives are worked on by `archives`, programs by `programs`: an archive may take
// minutes, and whoever needs none must not wait for it. References must outlive it.
class Launcher final : public Preparer {
 public:
  Launcher(LauncherSettings settings, const ArtefactStore& artefacts, Secrets& secrets,
           boost::asio::any_io_executor archives, boost::asio::any_io_executor programs);

  awaitable<Command> prepare(const provider::Release& release, ReplicaPlace place) override;
  awaitable<std::string> digest_of(std::string program) override;
  void keep(const ReplicaPlace& place) override;
  void clean_up(const ReplicaPlace& place) override;
  [[nodiscard]] std::filesystem::path log_file(const ReplicaPlace& place) const;

 private:
  [[nodiscard]] std::filesystem::path private_folder(const ReplicaPlace& place) const;
  awaitable<std::vector<std::string>> environment(const provider::Release& release, const ReplicaPlace& place,
                                                  const Expansion& expansion);

  LauncherSettings settings_;
  const ArtefactStore& artefacts_;
  Secrets& secrets_;
  boost::asio::any_io_executor archives_, programs_;
  std::map<std::string, std::set<std::string>> present_;  // replicas by their application's folder
};

}  // namespace slipway::local
