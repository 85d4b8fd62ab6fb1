#include "plugins/strategies/canary/faults.hpp"

#include "plugins/strategies/canary/program.hpp"

namespace slipway::canary {
namespace {

class Faults {
 public:
  Faults(const Settings& settings, const strategy::ValidateRequest& request) : settings_(settings), request_(request) {}

  Problems all() {
    const bool one_way = has_one_way();
    for (std::size_t i = 0; i < settings_.steps.size(); ++i) {
      const std::string path = "/steps/" + std::to_string(i);
      action(settings_.steps[i], path);
      if (settings_.steps[i].analysis)
        analysis(*settings_.steps[i].analysis, effect_at(settings_.steps, static_cast<std::int32_t>(i)), path);
    }
    if (settings_.linear) linear(*settings_.linear);
    if (settings_.exponential) exponential(*settings_.exponential);
    if (settings_.automatic) automatic(*settings_.automatic);
    names("/analyses", settings_.analyses);
    if (one_way && goes_at_once(expand(settings_)))
      comparing("/analyses", settings_.analyses, "without a weight below 100%");
    provider();
    if (settings_.progress_deadline <= settings_.min_ready) {
      add("/progress_deadline", to_text(to_string(settings_.progress_deadline)),
          "want more than min_ready, which is " + to_string(settings_.min_ready));
    }
    return std::move(problems_);
  }

 private:
  void add(std::string path, std::string value, std::string message) {
    problems_.push_back({std::move(path), std::move(value), std::move(message)});
  }
  void names(const std::string& path, const Names& list) {
    for (auto& problem : unknown_names(path, list.list, request_.analyses, "analysis"))
      problems_.push_back(std::move(problem));
  }
  void comparing(const std::string& path, const Names& list, const std::string& when) {
    for (auto& problem : comparing_names(path, list.list, request_.comparing, when))
      problems_.push_back(std::move(problem));
  }

  bool has_one_way() {
    const int given = int{!settings_.steps.empty()} + int{settings_.linear.has_value()} +
                      int{settings_.exponential.has_value()} + int{settings_.automatic.has_value()};
    if (given == 1) return true;
    const std::string seen = given == 0 ? "none is given" : std::to_string(given) + " are given";
    add("/steps", "", "want one of steps, linear, exponential and automatic, " + seen + "; null takes away a default");
    return false;
  }

  void action(const Action& action, const std::string& path) {
    const int given = int{action.weight.has_value()} + int{action.pause.has_value()} +
                      int{action.analysis.has_value()} + int{action.scale.has_value()} + int{action.route.has_value()} +
                      int{action.mirror.has_value()} + int{action.approval.has_value()} + int{action.gate.has_value()};
    if (given != 1)
      add(path, "",
          "want exactly one of weight, pause, analysis, scale, route, mirror, approval and gate, " +
              std::to_string(given) + " are given");
    if (action.weight) weight(*action.weight, path + "/weight");
    if (action.scale) scale(*action.scale, path + "/scale");
    if (action.gate) gate(*action.gate, path + "/gate");
    if (action.route && !request_.capabilities.header_routes)
      add(path + "/route", "", "the provider can't route requests by header");
    if (action.mirror && !request_.capabilities.mirroring)
      add(path + "/mirror", "", "the provider can't mirror requests");
  }

  void analysis(const Names& list, const Effect& effect, const std::string& path) {
    names(path + "/analysis", list);
    const bool unused = effect.weight == 0 && effect.routes.empty() && !effect.mirror;
    if (unused || effect.weight == kAllTraffic)
      comparing(path + "/analysis", list, unused ? "before a weight above 0%" : "at 100%");
  }

  void weight(Share share, const std::string& path) {
    const std::uint32_t smallest = request_.capabilities.weight_granularity;
    if (smallest == 0 || share.ppm % smallest == 0) return;
    add(path, to_text(to_string(share)), "the provider's weights are multiples of " + share_to_string(smallest));
  }

  void scale(const Scale& scale, const std::string& path) {
    const int given =
        int{scale.replicas.has_value()} + int{scale.percent.has_value()} + int{scale.match_weight.has_value()};
    if (given != 1)
      add(path, "", "want exactly one of replicas, percent and match_weight, " + std::to_string(given) + " are given");
  }

  void gate(const std::string& name, const std::string& path) {
    for (auto& problem : unknown_names(path, {name}, request_.gates, "gate")) problems_.push_back(std::move(problem));
  }

  void linear(const Linear& linear) {
    positive(linear.step, "/linear/step");
    weight(linear.step, "/linear/step");
    bounded("/linear");
  }

  void exponential(const Exponential& exponential) {
    positive(exponential.start, "/exponential/start");
    if (!(exponential.factor > 1)) add("/exponential/factor", to_text(exponential.factor), "want a number above 1");
    for (const Action& action : expand(settings_)) {
      if (action.weight) weight(*action.weight, "/exponential");
    }
    bounded("/exponential");
  }

  void automatic(const Automatic& automatic) {
    positive(automatic.step, "/automatic/step");
    weight(automatic.step, "/automatic/step");
    weight(automatic.max, "/automatic/max");
    if (automatic.max < automatic.step)
      add("/automatic/max", to_text(to_string(automatic.max)),
          "want at least the step, which is " + to_string(automatic.step));
    names("/automatic/analyses", automatic.analyses);
    bounded("/automatic");
  }

  void positive(Share share, const std::string& path) {
    if (share.ppm == 0) add(path, to_text(to_string(share)), "want a percentage above 0");
  }
  void bounded(const std::string& path) {
    if (expand(settings_).size() >= kMostSteps)
      add(path, "", "comes to more than " + std::to_string(kMostSteps / 2) + " weights; take larger increments");
  }

  void provider() {
    if (!request_.capabilities.weights)
      add("/", "", "the provider can't split traffic by weight, which a canary needs");
    if (request_.capabilities.max_groups < 2)
      add("/", "", "the provider runs only 1 group of an application at once, a canary needs 2");
    if (settings_.baseline && request_.capabilities.max_groups < 3)
      add("/baseline", "true",
          "the provider runs only " + plural(request_.capabilities.max_groups, "group") +
              " of an application at once; a canary with a baseline needs 3");
  }

  const Settings& settings_;
  const strategy::ValidateRequest& request_;
  Problems problems_;
};

}  // namespace

Problems faults(const Settings& settings, const strategy::ValidateRequest& request) {
  return Faults(settings, request).all();
}

}  // namespace slipway::canary
