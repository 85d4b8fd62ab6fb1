// What several tests do with an instance.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/kit/subject.hpp"

namespace slipway::kit {

// Lets what the plugin does on its own come: second answers, calls after its end.
inline constexpr std::chrono::milliseconds kAfterwards{60};

// A valid request for the method; "{}" for one that the SDK does not know.
std::string request_for(const Method& method, base::Random& random);
// Calls every method once with a valid request, all open at the same time, and waits for the answers.
void call_everything(Context& context, Subject& subject, const std::vector<Method>& methods);
// health of slipway.plugin/1.
Method health(const slipway_plugin& table);

// An ordinary life: create, start, every method, quiesce, destroy. `look` runs before it and after each part of it,
// with the part's name.
void live(Context& context, const slipway_plugin& table, const std::function<void(const std::string& part)>& look);

// Fails with the fault that `attempt` returns when it comes three times in a row: what the machine's load or the moment
// of a process's end can bring about once is no defect of the plugin.
void fail_if_it_repeats(const std::function<std::optional<std::string>()>& attempt);

// Waits until the predicate holds; false after `limit`.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit);

}  // namespace slipway::kit
