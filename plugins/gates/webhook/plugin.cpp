// gate-webhook: slipway.gate/1 answered by a web service.
#include <random>
#include <slipway/backoff.hpp>
#include <slipway/plugin.hpp>

#include "plugins/gates/webhook/answer.hpp"
#include "plugins/gates/webhook/settings.hpp"

namespace slipway::gate_webhook {
namespace {

// Left of the call's budget for the gate's own answer to arrive.
constexpr Duration kReserve = milliseconds(200);
constexpr Backoff kBackoff{milliseconds(500), seconds(5)};

class Webhook final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<gate::Interface>;
  using Plugin::Plugin;

  task<gate::CheckReply> check(gate::CheckRequest request) {
    const Settings asked = value_or_throw(overlaid(settings(), request.settings));
    if (asked.url.empty()) {
      throw Error(Code::failed_precondition,
                  "the webhook gate has no url; set \"url\" in the gate's settings or in its configuration");
    }
    Outcome outcome = co_await ask(asked, request);
    if (!outcome.reply) co_return without_answer(asked, request, outcome.fault);
    gate::CheckReply reply = std::move(*outcome.reply);
    if (reply.state == strategy::GateState::pending && !reply.retry_at)
      reply.retry_at = request.now + asked.retry_after;
    co_return reply;
  }

 private:
  task<Outcome> ask(const Settings& asked, const gate::CheckRequest& request) {
    const CallScope& scope = co_await this_call();
    services::HttpRequest question;
    question.method = "POST";
    question.url = asked.url;
    question.body = encode_text(request);
    question.max_reply_bytes = 1 << 16;
    question.headers["content-type"] = "application/json";
    if (!asked.token.empty()) question.headers["authorization"] = co_await bearer(asked.token, request.tenant);
    Outcome outcome;
    for (std::int32_t failures = 0; failures < asked.attempts; ++failures) {
      if (failures > 0) {
        const Duration pause = kBackoff.delay(failures, fraction_(random_));
        if (pause + kReserve >= time_left(scope)) break;
        co_await host().sleep(pause);
      }
      outcome = co_await attempt(question, std::min(asked.timeout, time_left(scope) - kReserve));
      if (outcome.reply || outcome.retry == Retry::pointless) break;
    }
    co_return outcome;
  }

  task<Outcome> attempt(services::HttpRequest question, Duration limit) {
    Outcome outcome{std::nullopt, "no time is left to ask", Retry::pointless};
    if (limit <= Duration{}) co_return outcome;
    try {
      const services::HttpReply answer = co_await host().http(std::move(question), limit);
      outcome = read_answer(answer);
    } catch (const Error& error) {
      if (error.status().code == Code::cancelled) throw;
      outcome = {std::nullopt, "gave no answer: " + error.status().message, Retry::worthwhile};
    }
    co_return outcome;
  }

  task<std::string> bearer(std::string reference, std::string tenant) {
    std::vector<std::string> references;
    references.push_back(reference);
    auto values = co_await host().secrets(std::move(tenant), std::move(references));
    co_return "Bearer " + values[reference];
  }

  static gate::CheckReply without_answer(const Settings& asked, const gate::CheckRequest& request,
                                         const std::string& fault) {
    const std::string reason = shown(asked.url) + " " + fault;
    if (asked.on_error == OnError::closed) return {strategy::GateState::closed, reason, std::nullopt};
    return {strategy::GateState::pending, reason, request.now + asked.retry_after};
  }

  std::mt19937_64 random_{std::random_device{}()};
  std::uniform_real_distribution<double> fraction_{0.0, 1.0};
};

}  // namespace
}  // namespace slipway::gate_webhook

SLIPWAY_PLUGIN(slipway::gate_webhook::Webhook)
