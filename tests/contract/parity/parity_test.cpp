// The same calls in both placements: every reply and every refusal is the same, byte for byte; but for the moments of a
// store's own clock, and for the folder in which each of the two has a place of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <regex>
#include <thread>

#include "tests/contract/hosted.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {
namespace {

// In the configuration, @place is a folder of the placement's own and @server the socket's folder and port of a
// database.
struct Pair {
  const char* plugin;
  const char* interface;
  const char* config;
  std::vector<std::string> payloads{};  // that this plugin answers, beside those that all of them get
};
void PrintTo(const Pair& pair, std::ostream* out) { *out << pair.plugin; }

// Sensible, empty, of other types, of no type, unknown, and long.
std::vector<std::string> payloads_of(const Pair& pair) {
  std::vector<std::string> payloads = {
      "{}",
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
  payloads.insert(payloads.end(), pair.payloads.begin(), pair.payloads.end());
  return payloads;
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += by.size())
    text.replace(at, old.size(), by);
  return text;
}

// One placement of the plugin, in a folder of its own and, if it wants one, with a database server of its own.
class Side {
 public:
  Side(Placement placement, const Pair& pair) {
    std::string config = replaced(pair.config, "@place", directory_.path().string());
    if (config.find("@server") != std::string::npos) {
      server_ = std::make_unique<PostgresServer>();
      config = replaced(config, "@server", server_->connection());
    }
    hosted_ = std::make_unique<Hosted>(placement, pair.plugin, Json::parse(config), [](FakeHost& fake) {
      fake.on_http([](const services::HttpRequest&) { return services::HttpReply{.status = 200, .body = "{}"}; });
    });
    // What it does by itself after the start has been tried once.
    while (told("slipway.plugin/1", 0, "{}").find("not asked yet") != std::string::npos) std::this_thread::yield();
    answered_ = 0;
  }
  std::string told(std::string_view interface, std::uint32_t method, const std::string& payload) {
    static const std::regex moment(R"(\d{4}-\d\d-\d\dT[0-9:.]+Z)");
    const auto reply = hosted_->call(interface, method, payload, {});
    answered_ += reply.ok() ? 1 : 0;
    std::string text = reply.ok() ? *reply : to_string(reply.status());
    text = replaced(std::move(text), directory_.path().string(), "@place");
    if (server_)
      text = replaced(std::move(text), server_->folder().string() + ":" + std::to_string(server_->port()), "@server");
    return std::regex_replace(text, moment, "@moment");
  }
  [[nodiscard]] int answered() const { return answered_; }
  FakeHost& host() { return hosted_->host(); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<Hosted> hosted_;
  int answered_ = 0;
};

class Parity : public testing::TestWithParam<Pair> {
 protected:
  void compare(std::string_view interface) {
    Side here(Placement::in_process, GetParam());
    Side there(Placement::isolated, GetParam());
    for (std::uint32_t method = 0; method < 7; ++method) {
      for (const std::string& payload : payloads_of(GetParam())) {
        EXPECT_EQ(there.told(interface, method, payload), here.told(interface, method, payload))
            << interface << " method " << method << ", " << payload.substr(0, 100);
      }
    }
    EXPECT_GT(here.answered(), 0) << "refusals alone show little";
    EXPECT_EQ(there.host().logs().size(), here.host().logs().size());
    EXPECT_EQ(there.host().requests().size(), here.host().requests().size());
  }
};

TEST_P(Parity, every_method_answers_the_same_bytes_in_a_worker_as_in_the_host) { compare(GetParam().interface); }
TEST_P(Parity, what_every_plugin_answers_is_the_same_too) { compare("slipway.plugin/1"); }

// Something of a store, which its later methods find.
const std::vector<std::string> kStored = {
    R"({"batch":"b1","puts":[{"key":{"tenant":"acme","kind":"thing","id":"a"},"value":"1"}],"appends":[{"stream":{"tenant":"acme","name":"s"},"value":"e"}]})",
    R"({"expect":[{"key":{"tenant":"acme","kind":"thing","id":"a"},"version":9}],"puts":[]})",
    R"({"keys":[{"tenant":"acme","kind":"thing","id":"a"},{"tenant":"acme","kind":"thing","id":"b"}]})",
    R"({"tenant":"acme","kind":"thing"})",
    R"({"tenant":"acme","kind":"thing","after":"nobody's"})",
    R"({"stream":{"tenant":"acme","name":"s"},"values":["e","f"]})",
    R"({"stream":{"tenant":"acme","name":"s"}})",
    R"({"name":"l","owner":"o","action":"acquire","ttl":"1h"})",
    R"({"name":"l","owner":"p","action":"acquire"})",
    R"({"page":0})",
    R"({"page":7})"};
const char* const kSqlite = R"({"path":"@place/store.db"})";
const char* const kPostgres = R"({"connection":"@server","owner_connection":"@server user=slipway_owner"})";
const char* const kHaproxy = R"({"records_socket":"@place/records.sock","stats_socket":"@place/haproxy.sock"})";
const std::vector<std::string> kQueries = {
    R"({"tenant":"acme","application":"shop","query":{},"groups":[{"role":"next","release":"2.0","addresses":[]}],"window":{"id":"w","from":"2027-01-01T00:00:00Z","to":"2027-01-01T00:00:01Z"}})"};
const std::vector<std::string> kQuestions = {
    R"({"tenant":"acme","application":"shop","rollout":"r","to_release":"1.1","action":"start","now":"2027-01-01T00:00:00Z"})"};
const std::vector<std::string> kLetters = {
    R"({"id":"e1","type":"rollout.started","tenant":"acme","at":"2027-01-01T00:00:00Z","summary":"It begins."})"};

std::vector<Pair> pairs() {
  return {{"strategy-rolling", "slipway.strategy/1", "{}"},
          {"strategy-blue-green", "slipway.strategy/1", "{}"},
          {"strategy-canary", "slipway.strategy/1", "{}"},
          {"analyzer-forecast", "slipway.analyzer/1", "{}"},
          {"analyzer-judge", "slipway.analyzer/1", "{}"},
          {"analyzer-sequential", "slipway.analyzer/1", "{}"},
          {"analyzer-threshold", "slipway.analyzer/1", "{}"},
          {"gate-freeze-window", "slipway.gate/1", R"({"windows":[]})", kQuestions},
          {"gate-webhook", "slipway.gate/1", R"({"url":"http://gate.example/"})", kQuestions},
          {"notifier-webhook", "slipway.notifier/1", R"({"url":"http://hook.example/"})", kLetters},
          {"metrics-prometheus", "slipway.metrics/1", "{}"},
          {"metrics-haproxy", "slipway.metrics/1", kHaproxy, kQueries},
          {"secrets-env", "slipway.secrets/1", R"({"prefix":"SLIPWAY_NOBODY_SETS_"})"},
          {"secrets-file", "slipway.secrets/1", R"({"directory":"@place"})"},
          {"storage-sqlite", "slipway.storage/1", kSqlite, kStored},
          {"storage-sqlite", "slipway.backup/1", kSqlite, kStored},
          {"storage-postgres", "slipway.storage/1", kPostgres, kStored},
          {"storage-postgres", "slipway.backup/1", kPostgres, kStored}};
}

// They ask for the permission "processes", with which no host gives a worker: there is nothing to compare. Of the
// others, one thing can't be the same: a worker's environment is empty, so that secrets-env knows no secret there.
const std::vector<std::string> kNeverIsolated = {"metrics-probe", "provider-local"};

INSTANTIATE_TEST_SUITE_P(Plugins, Parity, testing::ValuesIn(pairs()), [](const auto& pair) {
  std::string name =
      std::string(pair.param.plugin) + (pair.param.interface == std::string("slipway.backup/1") ? "_backup" : "");
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(ParityOfAll, every_shipped_plugin_is_compared_or_can_not_be_isolated) {
  std::vector<std::string> compared = kNeverIsolated;
  for (const Pair& pair : pairs()) {
    if (pair.interface != std::string("slipway.backup/1")) compared.emplace_back(pair.plugin);
  }
  std::vector<std::string> shipped;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SLIPWAY_PLUGINS)) {
    if (entry.path().filename() != "plugin.json") continue;
    std::ifstream file(entry.path());
    shipped.push_back(Json::parse(file).at("id").get<std::string>());
  }
  EXPECT_THAT(compared, testing::UnorderedElementsAreArray(shipped));
}

class NeverIsolated : public testing::TestWithParam<std::string> {};

TEST_P(NeverIsolated, it_is_refused_for_it_starts_programs) {
  EXPECT_THAT([] { place(Placement::isolated, library_of(GetParam())); },
              testing::ThrowsMessage<Error>(testing::StartsWith(
                  GetParam() + " asks for the permission \"processes\", and no isolated plugin starts programs")));
}

INSTANTIATE_TEST_SUITE_P(Plugins, NeverIsolated, testing::ValuesIn(kNeverIsolated), [](const auto& plugin) {
  std::string name = plugin.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace slipway::test
