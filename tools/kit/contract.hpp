// The life of an instance, as data: what plugin.h says about who may call what, and when.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::kit {

// `gone`: destroy has returned.
enum class State : std::uint8_t { created, started, draining, stopped, gone };
std::string_view name_of(State state);

// What the host may do with an instance, and what state that leads to.
enum class Step : std::uint8_t { start, call, quiesce, destroy };
struct Transition {
  Step step;
  State from;
  State to;
};
inline constexpr std::array<Transition, 8> kTransitions{{
    {Step::start, State::created, State::started},
    {Step::call, State::started, State::started},
    {Step::quiesce, State::started, State::draining},
    {Step::call, State::draining, State::draining},
    {Step::quiesce, State::draining, State::draining},
    {Step::destroy, State::created, State::stopped},
    {Step::destroy, State::started, State::stopped},
    {Step::destroy, State::draining, State::stopped},
}};

// What the plugin may ask of the host.
struct HostFunction {
  std::string_view name;
  State first;  // allowed in every state from here …
  State last;   // … to here
};
inline constexpr std::array<HostFunction, 6> kHostFunctions{{
    {"complete", State::started, State::draining},
    {"is_cancelled", State::started, State::draining},
    {"request", State::created, State::draining},
    {"wake", State::created, State::draining},
    {"log", State::created, State::stopped},
    {"metric", State::created, State::stopped},
}};
bool is_allowed(std::string_view host_function, State state);

using Walk = std::vector<Step>;
// Every way from created to stopped that takes no transition twice.
std::vector<Walk> walks();
// "create_start_call_destroy".
std::string name_of(const Walk& walk);

}  // namespace slipway::kit
