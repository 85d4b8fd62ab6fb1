// A host of the store, as people see it.
#pragma once

#include <slipway/document.hpp>
#include <slipway/values.hpp>
#include <string>

namespace slipway::rollout {

// draining: gives its work away, drained: has none left and takes none, silent: not heard of for longer than its lease.
enum class HostState { serving, draining, drained, silent };
constexpr auto enum_names(HostState) {
  return std::array<EnumName<HostState>, 4>{{{HostState::serving, "serving"},
                                             {HostState::draining, "draining"},
                                             {HostState::drained, "drained"},
                                             {HostState::silent, "silent"}}};
}

struct HostInfo {
  std::string name;
  HostState state = HostState::serving;
  std::int32_t partitions = 0;
  std::string slipwayd;
  std::string address;
  Instant joined_at;
  Instant seen_at;
  static constexpr auto fields() {
    return slipway::fields(
        required("name", &HostInfo::name, "Its name."),
        required("state", &HostInfo::state,
                 "serving; draining: gives its work away; drained: has none left; silent: not heard "
                 "of for longer than its lease."),
        required("partitions", &HostInfo::partitions, "How many of the 64 parts of the work it does."),
        required("slipwayd", &HostInfo::slipwayd, "The version of its slipwayd."),
        required("address", &HostInfo::address, "Where its API listens."),
        required("joined_at", &HostInfo::joined_at, "When it started."),
        required("seen_at", &HostInfo::seen_at, "Its last word to the store."));
  }
};

}  // namespace slipway::rollout
