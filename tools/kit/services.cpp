#include "tools/kit/services.hpp"

#include <algorithm>
#include <slipway/services.hpp>

namespace slipway::kit {
namespace {

std::string error_text(const std::string& message) {
  return to_text(Json{{"message", message}, {"problems", Json::array()}});
}

Delivery with(std::uint64_t token, slipway_status status, std::string payload) {
  return {.kind = Delivery::Kind::reply,
          .token = token,
          .status = status,
          .payload = std::move(payload),
          .due = Clock::now()};
}

Delivery sleep(const std::string& payload, std::uint64_t token, std::int64_t budget_ns) {
  const auto request = decode_text<services::SleepRequest>(payload, "timers.sleep");
  if (!request.ok()) return with(token, SLIPWAY_INVALID_ARGUMENT, error_text(request.status().message));
  const bool in_time = request->duration.ns <= budget_ns;
  Delivery answer = in_time ? with(token, SLIPWAY_OK, "{}")
                            : with(token, SLIPWAY_DEADLINE_EXCEEDED, error_text("the deadline has passed"));
  // An hour is as good as for ever, and can be added to a clock.
  constexpr std::int64_t kLongest = 3'600'000'000'000;
  answer.due +=
      std::chrono::nanoseconds(std::clamp<std::int64_t>(std::min(request->duration.ns, budget_ns), 0, kLongest));
  return answer;
}

}  // namespace

Delivery answer_of_service(std::string_view name, const std::string& payload, std::uint64_t token,
                           std::int64_t budget_ns) {
  if (budget_ns <= 0) return with(token, SLIPWAY_DEADLINE_EXCEEDED, error_text("the deadline has passed"));
  if (name == "timers.sleep") return sleep(payload, token, budget_ns);
  if (name == "events.emit") return with(token, SLIPWAY_OK, "{}");
  if (name == "store.get") return with(token, SLIPWAY_OK, R"({"version":0})");
  if (name == "store.put") return with(token, SLIPWAY_OK, R"({"version":1})");
  return with(token, SLIPWAY_UNAVAILABLE, error_text("the conformance kit offers no " + std::string(name)));
}

}  // namespace slipway::kit
