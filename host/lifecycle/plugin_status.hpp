// How each configured use of a plugin is, as data: for the API, for "why", for logs. Plain values.
#pragma once

#include <optional>
#include <slipway/document.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/isolation/worker_status.hpp"
#include "host/manifest/profile.hpp"

namespace slipway::lifecycle {

// The life of a generation, in order. `failed` may follow any of them and keeps its reason.
enum class GenerationState {
  staged,    // planned, nothing read but its plugin.json
  verified,  // its package passed every check that runs no code
  loaded,    // its library is in this process
  prepared,  // created, started and healthy
  warm,      // as prepared, and kept: for its turn, for a return, or for rollouts that stay with it
  active,    // its bindings lead to it
  draining,  // takes no new work, finishes what runs
  retired,   // destroyed; its library is still in use elsewhere
  parked,    // destroyed; its library could not be unloaded
  unloaded,  // nothing of it is left in the process
  failed,
};
constexpr auto enum_names(GenerationState) {
  using S = GenerationState;
  return std::array<EnumName<S>, 11>{{{S::staged, "staged"},
                                      {S::verified, "verified"},
                                      {S::loaded, "loaded"},
                                      {S::prepared, "prepared"},
                                      {S::warm, "warm"},
                                      {S::active, "active"},
                                      {S::draining, "draining"},
                                      {S::retired, "retired"},
                                      {S::parked, "parked"},
                                      {S::unloaded, "unloaded"},
                                      {S::failed, "failed"}}};
}

struct PluginStatus {
  std::string id;
  std::string version;
  std::string instance;
  GenerationState state = GenerationState::staged;
  std::string reason;  // of failed, parked and warm; of an active one that is degraded
  std::vector<std::string> interfaces;
  std::string digest;  // SHA-256 of the library; empty until it is verified
  std::string path;    // the package's folder
  std::vector<std::string> bindings;
  std::string threading;
  std::string abi;  // "1.0 to 1.2"
  manifest::Permissions permissions;
  manifest::Placement placement = manifest::Placement::in_process;
  std::optional<isolation::WorkerStatus> worker;  // of an isolated one
  Instant created_at;
  Instant updated_at;  // when its state, reason or bindings last changed
};

}  // namespace slipway::lifecycle
