#include "tests/contract/gate/gate_contract.hpp"
#include "tests/contract/hosted.hpp"

namespace slipway::test {
namespace {

using strategy::GateState;

std::unique_ptr<Driver> freeze_window(GateState state) {
  const Json window{
      {"reason", "contract"}, {"from", to_string(kAsked - seconds(60))}, {"to", to_string(kAsked + seconds(60))}};
  Json config{{"windows", Json::array()}, {"refuse", state == GateState::closed}};
  if (state != GateState::open) config["windows"].push_back(window);
  return std::make_unique<Hosted>("gate-freeze-window", config);
}

std::unique_ptr<Driver> webhook(GateState state) {
  return std::make_unique<Hosted>("gate-webhook", Json{{"url", "http://gate.example/"}}, [state](FakeHost& host) {
    host.on_http([state](const services::HttpRequest&) -> Result<services::HttpReply> {
      services::HttpReply reply;
      reply.status = 200;
      reply.body = to_text({{"state", std::string(to_name(state))}});
      return reply;
    });
  });
}

}  // namespace

std::vector<GatePlugin> gate_plugins() { return {{"freeze_window", freeze_window}, {"webhook", webhook}}; }

INSTANTIATE_TEST_SUITE_P(Plugins, GateContract, testing::ValuesIn(gate_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
