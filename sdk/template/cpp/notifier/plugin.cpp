// acme.greeter: a notifier that posts each event's sentence to a chat room's address.
#include <slipway/interfaces/notifier.hpp>
#include <slipway/plugin.hpp>

namespace acme_greeter {
namespace {

namespace notifier = slipway::notifier;
using slipway::Code;
using slipway::Error;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  std::string url;
  slipway::Duration timeout = slipway::seconds(10);
  static constexpr auto fields() {
    return slipway::fields(
        slipway::field("url", &Settings::url, "Where sentences are posted to.", slipway::at_most(8192)),
        slipway::field("timeout", &Settings::timeout, "How long to wait for the answer."));
  }
};

class Notifier final : public slipway::Plugin<Settings> {
 public:
  using Serves = slipway::Interfaces<notifier::Interface>;
  using Plugin::Plugin;

  // A coroutine: while the host sends, other calls are served.
  slipway::task<slipway::Empty> send(notifier::SendRequest event) {
    if (settings().url.empty()) throw Error(Code::failed_precondition, "there is no \"url\" in the configuration");
    slipway::services::HttpRequest post = letter(event);
    const auto answer = co_await host().http(std::move(post), settings().timeout);
    if (answer.status >= 500) throw Error(Code::unavailable, "the chat room answered " + std::to_string(answer.status));
    if (answer.status >= 300)
      throw Error(Code::failed_precondition, "the chat room refuses with " + std::to_string(answer.status));
    co_return slipway::Empty{};
  }

 private:
  [[nodiscard]] slipway::services::HttpRequest letter(const notifier::SendRequest& event) const {
    slipway::services::HttpRequest post;
    post.method = "POST";
    post.url = settings().url;
    post.headers["content-type"] = "application/json";
    // A receiver that sees it twice knows that it is a repetition.
    post.headers["idempotency-key"] = event.id;
    post.body = slipway::to_text({{"text", event.summary.empty() ? event.type : event.summary}});
    return post;
  }
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_PLUGIN(acme_greeter::Notifier)
