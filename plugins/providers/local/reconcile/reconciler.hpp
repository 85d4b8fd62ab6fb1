// Every application of this machine. One thread: that of the executor.
#pragma once

#include "plugins/providers/local/reconcile/application.hpp"

namespace slipway::local {

class Reconciler {
 public:
  explicit Reconciler(ApplicationTools& tools) : tools_(tools) {}

  // Takes up everything the world remembers. Once. Files that can't be read are told in every observation.
  void begin();

  awaitable<Status> apply(provider::Desired desired);
  awaitable<Result<provider::Observation>> observe(provider::Target target);
  Status remove(const provider::Removal& removal);
  // Nothing when it is not here.
  [[nodiscard]] std::shared_ptr<Application> find(const std::string& tenant, const std::string& application) const;

  // Digests of the archives that must stay unpacked; nothing while some application's file can't be read, for it may
  // name others.
  [[nodiscard]] std::optional<std::set<std::string>> archives_in_use() const;

  // How many replicas are in a crash loop, in words; empty when none is. Names nobody, for health is everybody's.
  [[nodiscard]] std::string crash_loops() const;

  // HAProxy came up, went down, or has other backends.
  void proxy_changed();

 private:
  std::shared_ptr<Application> open(const std::string& key, ApplicationRecord record);

  ApplicationTools& tools_;
  std::map<std::string, std::shared_ptr<Application>> applications_;
  std::vector<std::string> problems_;
};

}  // namespace slipway::local
