// The same calls in both placements: every reply and every refusal is the same, byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "tests/contract/hosted.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {
namespace {

struct Pair {
  const char* plugin;
  const char* interface;
  const char* config;
};
void PrintTo(const Pair& pair, std::ostream* out) { *out << pair.plugin; }

// Sensible, empty, of other types, of no type, unknown, and long.
std::vector<std::string> payloads() {
  return {"{}",
          "[]",
          "",
          "nonsense",
          "\xff\xfe",
          R"({"a":1})",
          R"({"settings":{},"replicas":3,"from_release":"1.0","to_release":"1.1","groups":[]})",
          R"({"settings":{"steps":[{"weight":"5%"}]},"replicas":3})",
          R"({"settings":{"success":"error_ratio < 5%"},"groups":[{"role":"next","values":{"error_ratio":0.1}}]})",
          R"({"tenant":"acme","names":["A","../B"]})",
          R"({"tenant":"acme","application":"shop","rollout":"r","action":"start","now":"2027-01-01T00:00:00Z"})",
          R"({"a":")" + std::string(200'000, 'x') + "\"}"};
}

std::string told(const Result<std::string>& reply) { return reply.ok() ? *reply : to_string(reply.status()); }

class Parity : public testing::TestWithParam<Pair> {
 protected:
  std::unique_ptr<Hosted> host(Placement placement) const {
    Json config = Json::parse(GetParam().config);
    if (config.contains("directory")) config["directory"] = directory_.path().string();
    return std::make_unique<Hosted>(placement, GetParam().plugin, config, [](FakeHost& fake) {
      fake.on_http([](const services::HttpRequest&) { return services::HttpReply{.status = 200, .body = "{}"}; });
    });
  }
  void compare(std::string_view interface) {
    const auto here = host(Placement::in_process);
    const auto there = host(Placement::isolated);
    for (std::uint32_t method = 0; method < 7; ++method) {
      for (const std::string& payload : payloads()) {
        EXPECT_EQ(told(there->call(interface, method, payload, {})), told(here->call(interface, method, payload, {})))
            << interface << " method " << method << ", " << payload.substr(0, 100);
      }
    }
    EXPECT_EQ(there->host().logs().size(), here->host().logs().size());
    EXPECT_EQ(there->host().requests().size(), here->host().requests().size());
  }

 private:
  TemporaryDirectory directory_;
};

TEST_P(Parity, every_method_answers_the_same_bytes_in_a_worker_as_in_the_host) { compare(GetParam().interface); }
TEST_P(Parity, what_every_plugin_answers_is_the_same_too) { compare("slipway.plugin/1"); }

constexpr Pair kPairs[] = {{"strategy-rolling", "slipway.strategy/1", "{}"},
                           {"strategy-blue-green", "slipway.strategy/1", "{}"},
                           {"strategy-canary", "slipway.strategy/1", "{}"},
                           {"analyzer-forecast", "slipway.analyzer/1", "{}"},
                           {"analyzer-judge", "slipway.analyzer/1", "{}"},
                           {"analyzer-sequential", "slipway.analyzer/1", "{}"},
                           {"analyzer-threshold", "slipway.analyzer/1", "{}"},
                           {"gate-freeze-window", "slipway.gate/1", R"({"windows":[]})"},
                           {"gate-webhook", "slipway.gate/1", R"({"url":"http://gate.example/"})"},
                           {"notifier-webhook", "slipway.notifier/1", R"({"url":"http://hook.example/"})"},
                           {"metrics-prometheus", "slipway.metrics/1", "{}"},
                           {"secrets-file", "slipway.secrets/1", R"({"directory":""})"}};

INSTANTIATE_TEST_SUITE_P(Plugins, Parity, testing::ValuesIn(kPairs), [](const auto& pair) {
  std::string name = pair.param.plugin;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace slipway::test
