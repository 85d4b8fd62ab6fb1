// What web services answer to a gate and to a notification: bodies and Retry-After of any bytes.
#include "plugins/gates/webhook/answer.hpp"
#include "plugins/notifiers/webhook/delivery.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const std::string text(fuzz::text_of(data, size));
  for (const std::int32_t status : {200, 204, 302, 429, 503}) {
    services::HttpReply answer{.status = status, .body = text};
    const auto outcome = gate_webhook::read_answer(answer);
    fuzz::require(outcome.reply.has_value() == outcome.fault.empty(), "an answer is a reply or has a fault");
    fuzz::require(!outcome.reply || status == 200, "only 200 is a reply");
    answer.headers["retry-after"] = text;
    const auto wait = notifier_webhook::retry_after(answer, Instant{1'700'000'000'000'000'000});
    fuzz::require(!wait || wait->ns >= 0, "nobody waits for the past");
  }
  return 0;
}
