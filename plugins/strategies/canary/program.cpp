#include "plugins/strategies/canary/program.hpp"

#include <cmath>

namespace slipway::canary {
namespace {

Action weight(std::uint32_t ppm) { return {.weight = Share{ppm}}; }

Program expand(const Linear& linear) {
  Program program;
  if (linear.step.ppm == 0) return program;
  for (std::uint32_t at = linear.step.ppm; at < kAllTraffic && program.size() < kMostSteps; at += linear.step.ppm) {
    program.push_back(weight(at));
    program.push_back({.pause = Pause{linear.interval}});
  }
  return program;
}

Program expand(const Exponential& exponential) {
  Program program;
  double at = exponential.start.ppm;
  if (at < 1 || !(exponential.factor > 1)) return program;
  for (; at < kAllTraffic && program.size() < kMostSteps; at *= exponential.factor) {
    program.push_back(weight(static_cast<std::uint32_t>(std::lround(at))));
    program.push_back({.pause = Pause{exponential.interval}});
  }
  return program;
}

Program expand(const Automatic& automatic) {
  Program program;
  if (automatic.step.ppm == 0) return program;
  for (std::uint32_t at = 0; at < automatic.max.ppm && program.size() < kMostSteps;) {
    at = std::min(at + automatic.step.ppm, automatic.max.ppm);
    program.push_back(weight(at));
    program.push_back({.check = Check{automatic.interval, automatic.analyses}});
  }
  return program;
}

Program written(const Settings& settings) {
  if (settings.linear) return expand(*settings.linear);
  if (settings.exponential) return expand(*settings.exponential);
  if (settings.automatic) return expand(*settings.automatic);
  return settings.steps;
}

void add(Effect& effect, const Action& action) {
  if (action.weight) effect.weight = action.weight->ppm;
  if (action.scale) effect.scale = action.scale->match_weight ? std::nullopt : action.scale;
  if (action.route) effect.routes.push_back({action.route->header, action.route->value, std::string(strategy::kNext)});
  if (!action.mirror) return;
  effect.mirror.reset();
  if (action.mirror->share.ppm == 0) return;
  effect.mirror =
      provider::Mirror{std::string(strategy::kNext), action.mirror->share.ppm, action.mirror->max_in_flight};
}

bool raises_a_part_to_all(const Program& program, std::int32_t step) {
  const Effect effect = effect_at(program, step);
  const bool some = effect.weight > 0 || !effect.routes.empty() || effect.mirror.has_value();
  return some && effect.weight < kAllTraffic && effect_at(program, step + 1).weight == kAllTraffic;
}

std::string joined(const Names& names) {
  std::string text;
  for (const auto& name : names.list) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string phrase(const Pause& pause) {
  return pause.duration ? "pause for " + to_string(*pause.duration) : "pause until somebody promotes";
}

std::string phrase(const Scale& scale) {
  if (scale.replicas) return "scale the canary to " + plural(*scale.replicas, "replica");
  if (scale.percent) return "scale the canary to " + to_string(*scale.percent) + " of the replicas";
  return "scale the canary with its weight";
}

}  // namespace

Program expand(const Settings& settings) {
  Program program = written(settings);
  if (effect_at(program, static_cast<std::int32_t>(program.size())).weight < kAllTraffic)
    program.push_back(weight(kAllTraffic));
  return program;
}

Effect effect_at(const Program& program, std::int32_t step) {
  Effect effect;
  for (std::size_t i = 0; i < program.size() && i <= static_cast<std::size_t>(step); ++i) add(effect, program[i]);
  if (effect.weight < kAllTraffic) return effect;
  effect.routes.clear();
  effect.mirror.reset();
  return effect;
}

bool goes_at_once(const Program& program) {
  return std::all_of(program.begin(), program.end(), [](const Action& action) {
    const bool whole = !action.weight || action.weight->ppm == 0 || action.weight->ppm == kAllTraffic;
    return whole && !action.route && !action.mirror;
  });
}

bool is_last_chance(const Program& program, std::int32_t step) {
  if (raises_a_part_to_all(program, step)) return true;
  if (step + 1 != static_cast<std::int32_t>(program.size())) return false;
  for (std::int32_t before = 0; before < step; ++before) {
    if (raises_a_part_to_all(program, before)) return false;
  }
  return true;
}

std::int32_t canary_replicas(const Effect& effect, std::uint32_t weight, std::int32_t all) {
  if (weight >= kAllTraffic || all == 0) return all;
  if (effect.scale && effect.scale->replicas) return *effect.scale->replicas;
  return std::max(1, replicas_for(effect.scale ? effect.scale->percent.value_or(Share{}).ppm : weight, all));
}

std::int32_t baseline_replicas(const Effect& effect, std::uint32_t weight, std::int32_t all) {
  const std::int64_t canary = canary_replicas(effect, weight, all);
  const std::int64_t share = baseline_weight(weight);
  if (share == weight) return static_cast<std::int32_t>(canary);
  return static_cast<std::int32_t>((canary * share + weight - 1) / weight);
}

std::string phrase(const Program& program, std::int32_t step) {
  if (step >= static_cast<std::int32_t>(program.size())) return "promote the new release";
  const Action& action = program[static_cast<std::size_t>(step)];
  if (action.weight) return "set the weight to " + to_string(*action.weight);
  if (action.pause) return phrase(*action.pause);
  if (action.analysis) return "run the analysis " + joined(*action.analysis);
  if (action.scale) return phrase(*action.scale);
  if (action.route)
    return "route requests with " + action.route->header + ": " + action.route->value + " to the canary";
  if (action.mirror) return "mirror " + to_string(action.mirror->share) + " of the requests to the canary";
  if (action.approval) return "ask for approval";
  if (action.gate) return "ask the gate " + *action.gate;
  return "check after " + to_string(action.check ? action.check->interval : Duration{});
}

}  // namespace slipway::canary
