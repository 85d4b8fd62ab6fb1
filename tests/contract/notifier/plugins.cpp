#include "tests/contract/hosted.hpp"
#include "tests/contract/notifier/notifier_contract.hpp"

namespace slipway::test {
namespace {

std::unique_ptr<Driver> webhook(Receiver& receiver) {
  return std::make_unique<Hosted>(
      "notifier-webhook", Json{{"url", "http://hook.example/"}}, [&receiver](FakeHost& host) {
        host.on_http([&receiver](const services::HttpRequest& request) -> Result<services::HttpReply> {
          receiver.received.push_back(request.body);
          services::HttpReply reply;
          reply.status = receiver.failures-- > 0 ? 503 : 200;
          return reply;
        });
      });
}

}  // namespace

std::vector<NotifierPlugin> notifier_plugins() { return {{"webhook", webhook}}; }

INSTANTIATE_TEST_SUITE_P(Plugins, NotifierContract, testing::ValuesIn(notifier_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
