#include "plugins/strategies/blue-green/faults.hpp"

namespace slipway::blue_green {
namespace {

void append(Problems& to, const Problems& more) { to.insert(to.end(), more.begin(), more.end()); }

Problems of_shift(const Shift& shift, Share before, const std::string& path, const strategy::ValidateRequest& request) {
  Problems problems = unknown_names(path + "/analyses", shift.analyses.list, request.analyses, "analysis");
  if (shift.weight.ppm == kAllTraffic)
    append(problems, comparing_names(path + "/analyses", shift.analyses.list, request.comparing, "after this step"));
  const std::string value = to_text(to_string(shift.weight));
  if (shift.weight <= before)
    problems.push_back({path + "/weight", value, "want more than the weight before, which is " + to_string(before)});
  const std::uint32_t smallest = request.capabilities.weight_granularity;
  if (smallest != 0 && shift.weight.ppm % smallest != 0) {
    problems.push_back(
        {path + "/weight", value, "the provider's weights are multiples of " + share_to_string(smallest)});
  }
  return problems;
}

}  // namespace

Problems faults(const Settings& settings, const strategy::ValidateRequest& request) {
  Problems problems;
  Share before;
  for (std::size_t i = 0; i < settings.switch_steps.size(); ++i) {
    append(problems, of_shift(settings.switch_steps[i], before, "/switch_steps/" + std::to_string(i), request));
    before = settings.switch_steps[i].weight;
  }
  append(problems, unknown_names("/smoke", settings.smoke.list, request.analyses, "analysis"));
  append(problems, comparing_names("/smoke", settings.smoke.list, request.comparing, "before the switch"));
  append(problems, unknown_names("/analyses", settings.analyses.list, request.analyses, "analysis"));
  if (switches_at_once(settings))
    append(problems,
           comparing_names("/analyses", settings.analyses.list, request.comparing, "without switch_steps below 100%"));
  append(problems, unknown_names("/verify", settings.verify.list, request.analyses, "analysis"));
  append(problems, comparing_names("/verify", settings.verify.list, request.comparing, "after the switch"));
  if (settings.progress_deadline <= settings.min_ready) {
    problems.push_back({"/progress_deadline", to_text(to_string(settings.progress_deadline)),
                        "want more than min_ready, which is " + to_string(settings.min_ready)});
  }
  if (!request.capabilities.weights) {
    const bool by_steps = !settings.switch_steps.empty();
    if (by_steps)
      problems.push_back(
          {"/switch_steps", "",
           "the provider can't split traffic by weight; without switch_steps the switch is made at once"});
  }
  if (request.capabilities.max_groups < 2)
    problems.push_back({"/", "", "the provider runs only 1 group of an application at once, blue-green needs 2"});
  return problems;
}

}  // namespace slipway::blue_green
