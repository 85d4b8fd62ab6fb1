// What a server answers to a plugin's HTTP request, in both placements: where it is too much, one error and no more.
#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <slipway/testing/library.hpp>
#include <thread>

#include "host/services/broker.hpp"
#include "host/services/http_service.hpp"
#include "host/services/instance_sink.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

using boost::asio::ip::tcp;

// Answers these bodies, one connection after the other.
class Bodies {
 public:
  explicit Bodies(std::vector<std::string> bodies)
      : thread_([this, bodies = std::move(bodies)] {
          for (const std::string& body : bodies) answer(body);
        }) {}
  Bodies(const Bodies&) = delete;
  Bodies& operator=(const Bodies&) = delete;
  ~Bodies() { thread_.join(); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

 private:
  void answer(const std::string& body) {
    boost::system::error_code error;
    tcp::socket socket(context_);
    acceptor_.accept(socket, error);
    boost::asio::streambuf asked;
    boost::asio::read_until(socket, asked, "\r\n\r\n", error);
    const std::string head =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    boost::asio::write(socket, boost::asio::buffer(head + body), error);
  }

  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

class HttpAnswers : public testing::TestWithParam<bool> {
 protected:
  HttpAnswers() {
    runtime_.start();
    requester_.permissions.network.allowed = {"127.0.0.1"};
    sink_ = std::make_shared<services::InstanceSink>(
        requester_, telemetry::Log::to([](std::string_view) {}, {.format = telemetry::LogFormat::json}, clock_),
        metrics_, broker_, clock_);
    IsolationSettings isolation;
    isolation.program.path = SLIPWAY_WORKER;
    instance_ = GetParam() ? make_isolated(runtime_, package_of("worker_tricks"), requester_.permissions,
                                           {.name = "tricks"}, sink_, isolation)
                                 ->instance
                           : *runtime::Instance::create(runtime_, library_.table(), nullptr,
                                                        {.name = "tricks", .plugin = "tricks"}, sink_);
    EXPECT_EQ(runtime::await_on(runtime_, instance_->start(seconds(10))), Status());
  }
  ~HttpAnswers() override {
    EXPECT_EQ(runtime::await_on(runtime_, instance_->stop({})), Status());
    instance_.reset();
    runtime_.stop();
  }
  std::string say(const std::string& payload) {
    runtime::CallRequest call{.budget_ns = seconds(15).ns, .payload = payload};
    const auto answer = runtime::await_on(runtime_, runtime::async_call(instance_, std::move(call)));
    return answer.ok() ? *answer : to_string(answer.status());
  }

 private:
  runtime::Runtime runtime_{{.threads = 2}};
  test::Library library_{SLIPWAY_FIXTURES "/worker_tricks.so"};
  services::Requester requester_{.instance = "tricks"};
  services::HttpClient client_{runtime_.executor(), {}};
  services::HttpService http_{client_};
  services::Broker broker_{runtime_.executor(), {&http_}};
  telemetry::Metrics metrics_;
  test::ManualClock clock_;
  std::shared_ptr<services::InstanceSink> sink_;
  std::shared_ptr<runtime::Instance> instance_;
};

TEST_P(HttpAnswers, one_of_control_characters_that_is_too_large_as_a_document_is_one_error) {
  const Bodies server({std::string(1'400'000, '\0'), "fine"});
  const std::string process = say("pid");
  const std::string request = R"(request http send {"url":")" + server.url() + R"(","max_reply_bytes":4194304})";
  EXPECT_THAT(say(request),
              testing::MatchesRegex(R"re(8 \{"message":"the answer to the request has 8400[0-9]+ bytes, )re"
                                    R"re(at most 8388608 are allowed; ask for less at a time",)re"
                                    R"re("problems":\[\]\})re"));
  EXPECT_THAT(say(request), testing::AllOf(testing::StartsWith("0 {"), testing::HasSubstr(R"("body":"fine")")));
  EXPECT_EQ(say("pid"), process);
}

INSTANTIATE_TEST_SUITE_P(BothPlacements, HttpAnswers, testing::Bool(),
                         [](const auto& param) { return std::string(param.param ? "apart" : "inside"); });

}  // namespace
}  // namespace slipway::isolation
