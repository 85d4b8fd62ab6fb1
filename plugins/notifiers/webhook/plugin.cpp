// notifier-webhook: slipway.notifier/1 by HTTP POST.
#include <chrono>
#include <random>
#include <slipway/backoff.hpp>
#include <slipway/interfaces/notifier.hpp>
#include <slipway/plugin.hpp>

#include "plugins/notifiers/webhook/delivery.hpp"
#include "plugins/notifiers/webhook/signature.hpp"

namespace slipway::notifier_webhook {
namespace {

constexpr Backoff kBackoff{milliseconds(500), seconds(30)};

struct Settings {
  std::string url;
  std::string signing_key;
  Duration timeout = seconds(10);
  std::int32_t attempts = 8;
  static constexpr auto fields() {
    using S = Settings;
    return slipway::fields(
        field("url", &S::url, "Where events are posted to.", at_most(8192)),
        field("signing_key", &S::signing_key, "Reference of the secret that signs the body.", at_most(256)),
        field("timeout", &S::timeout, "How long to wait for one answer."),
        field("attempts", &S::attempts, "How often to send.", between(1, 20)));
  }
};

// How one attempt ended.
struct Attempt {
  Delivery delivery = Delivery::again;
  std::string fault;
  std::optional<Duration> wait;  // what the receiver asked for
};

Instant wall_clock() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

class Webhook final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<notifier::Interface>;
  using Plugin::Plugin;

  task<Empty> send(notifier::SendRequest event) {
    if (settings().url.empty()) {
      throw Error(Code::failed_precondition, "notifier-webhook has no url; set \"url\" in its configuration");
    }
    const services::HttpRequest letter = co_await write(event);
    const CallScope& scope = co_await this_call();
    for (std::int32_t tried = 1;; ++tried) {
      const Attempt attempt = co_await deliver(letter);
      if (attempt.delivery == Delivery::done) co_return Empty{};
      if (attempt.delivery == Delivery::refused) throw Error(Code::invalid_argument, refusal(attempt));
      if (attempt.delivery == Delivery::turned_away) throw Error(Code::failed_precondition, rebuff(attempt));
      const Duration pause = pause_after(attempt, tried);
      if (tried == settings().attempts || pause >= time_left(scope))
        throw Error(Code::unavailable, gave_up(attempt, tried));
      tell_of_another(event, attempt, pause);
      co_await host().sleep(pause);
    }
  }

 private:
  task<services::HttpRequest> write(const notifier::SendRequest& event) {
    services::HttpRequest letter;
    letter.method = "POST";
    letter.url = settings().url;
    letter.body = encode_text(event);
    letter.max_reply_bytes = 1 << 16;
    letter.headers["content-type"] = "application/json";
    letter.headers["idempotency-key"] = event.id;
    if (!settings().signing_key.empty())
      letter.headers["x-slipway-signature"] = co_await signature(event.tenant, letter.body);
    co_return letter;
  }

  task<std::string> signature(const std::string& tenant, const std::string& body) {
    std::vector<std::string> references;
    references.push_back(settings().signing_key);
    auto values = co_await host().secrets(tenant, std::move(references));
    co_return "sha256=" + hmac_sha256(values[settings().signing_key], body);
  }

  task<Attempt> deliver(services::HttpRequest letter) {
    Attempt attempt;
    try {
      const services::HttpReply answer = co_await host().http(std::move(letter), settings().timeout);
      attempt = {judge(answer.status), "it answered " + std::to_string(answer.status),
                 retry_after(answer, wall_clock())};
    } catch (const Error& error) {
      if (error.status().code == Code::cancelled) throw;
      attempt = {Delivery::again, error.status().message, std::nullopt};
    }
    co_return attempt;
  }

  void tell_of_another(const notifier::SendRequest& event, const Attempt& attempt, Duration pause) const {
    const Json fields{{"event", event.id}, {"reason", attempt.fault}, {"pause", to_string(pause)}};
    host().log(LogLevel::warn, "the receiver did not take an event; it is sent again", fields);
  }

  // Never sooner than the receiver asked.
  Duration pause_after(const Attempt& attempt, std::int32_t tried) {
    const Duration own = kBackoff.delay(tried, fraction_(random_));
    return attempt.wait ? *attempt.wait + own : own;
  }
  [[nodiscard]] std::string refusal(const Attempt& attempt) const {
    return "webhook " + shown(settings().url) + " refuses the event: " + attempt.fault + "; check what it expects";
  }
  [[nodiscard]] std::string rebuff(const Attempt& attempt) const {
    return "webhook " + shown(settings().url) + " turns Slipway away: " + attempt.fault +
           "; check its url, and the keys that it goes by";
  }
  [[nodiscard]] std::string gave_up(const Attempt& attempt, std::int32_t tried) const {
    return "webhook " + shown(settings().url) + " was not reached in " + std::to_string(tried) +
           (tried == 1 ? " attempt" : " attempts") + "; at last: " + attempt.fault;
  }

  std::mt19937_64 random_{std::random_device{}()};
  std::uniform_real_distribution<double> fraction_{0.0, 1.0};
};

}  // namespace
}  // namespace slipway::notifier_webhook

SLIPWAY_PLUGIN(slipway::notifier_webhook::Webhook)
